// Deciding and finding on the page. It reads only the page, sends nothing, and makes no markup from text.
"use strict";
(() => {
  const at = (id) => document.getElementById(id);
  const data = JSON.parse(at("data").textContent);
  const SIGNS = { open: "○ open", accept: "✓ accepted", reject: "✗ rejected" };
  const cases = [...document.querySelectorAll(".case")];
  const groups = [...document.querySelectorAll(".group")];
  const groupOf = cases.map((item) => groups.indexOf(item.parentElement));
  const members = groups.map(() => []);
  groupOf.forEach((group, number) => members[group].push(number));
  const numbers = new Map(cases.map((item, number) => [item, number]));
  const state = cases.map(() => "open");
  const history = [];
  let here = null;
  let isExported = true;
  let isKept = false;

  // What is decided stays over a reload, where the browser lets a file keep anything. One entry for each store;
  // it counts for this very page alone.
  const place = `proofmark-review:${data.folder}`;
  function keep() {
    try {
      localStorage.setItem(place, JSON.stringify({ page: data.page, state: state.map((each) => each[0]).join("") }));
      isKept = true;
    } catch {
      isKept = false;
    }
  }
  function recall() {
    try {
      const kept = JSON.parse(localStorage.getItem(place));
      if (kept?.page !== data.page || typeof kept.state !== "string" || kept.state.length !== cases.length) return;
      [...kept.state].forEach((letter, number) => {
        state[number] = { a: "accept", r: "reject" }[letter] ?? "open";
      });
    } catch {
      // Nothing is kept, then.
    }
  }

  const say = (text) => { at("said").textContent = text; };
  const shown = (number) => !cases[number].hidden;
  const plural = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;

  // ---- what is shown

  function dress(item, name, hasButtons) {
    const parts = at("deciding").content.cloneNode(true);
    const acts = parts.querySelector(".acts");
    acts.setAttribute("aria-label", name);
    if (!hasButtons) acts.remove();
    item.querySelector(".head").append(parts);
  }

  function paint(item, is, word, count) {
    item.dataset.is = is;
    item.querySelector(".head > .is").textContent = word;
    for (const button of item.querySelectorAll(":scope > .head button")) {
      const act = button.dataset.act;
      if (act === "open") {
        if (is === "open" && button === document.activeElement) item.querySelector("h2, h3").focus();
        button.hidden = is === "open";
      } else {
        button.setAttribute("aria-pressed", String(is === act));
      }
      if (count !== undefined) {
        button.textContent = { accept: "Accept", reject: "Reject", open: "Undo" }[act] + count;
      }
    }
  }

  function paintGroup(group) {
    const all = members[group];
    const count = (is) => all.filter((number) => state[number] === is).length;
    const is = ["accept", "reject"].find((each) => count(each) === all.length);
    const none = count("open") === all.length;
    const used = ["accept", "reject", "open"].filter((each) => count(each));
    const word = used.map((each) => `${SIGNS[each].slice(0, 1)} ${count(each)} ${SIGNS[each].slice(2)}`).join(", ");
    const seen = all.filter(shown).length;
    paint(groups[group], is ?? (none ? "open" : "mixed"), word, seen === all.length ? ` all ${seen}` : ` ${seen} shown`);
  }

  function paintCounts() {
    const count = (is) => state.filter((each) => each === is).length;
    const decided = count("accept") + count("reject");
    at("counts").textContent = `${count("open")} open, ${count("accept")} accepted, ${count("reject")} rejected`;
    at("export").textContent = decided ? `Export ${plural(decided, "decision")}` : "Export";
    at("export").disabled = decided === 0;
  }

  function repaint(changed) {
    for (const number of changed) paint(cases[number], state[number], SIGNS[state[number]]);
    for (const group of new Set(changed.map((number) => groupOf[number]))) paintGroup(group);
    paintCounts();
  }

  // ---- deciding

  function decide(changed, is) {
    changed = changed.filter((number) => state[number] !== is);
    if (!changed.length) return;
    history.push({ changed, before: changed.map((number) => state[number]), here });
    for (const number of changed) state[number] = is;
    isExported = false;
    keep();
    repaint(changed);
    const what = changed.length === 1 ? data.cases[changed[0]].case : plural(changed.length, "case");
    say(`${SIGNS[is].slice(2)}: ${what}; ${at("counts").textContent}`);
  }

  function takeBack() {
    const last = history.pop();
    if (!last) return say("nothing to take back");
    last.changed.forEach((number, position) => { state[number] = last.before[position]; });
    isExported = false;
    keep();
    repaint(last.changed);
    filter();
    go(last.here ?? cases[last.changed[0]]);
    say(`taken back: ${plural(last.changed.length, "decision")}; ${at("counts").textContent}`);
  }

  const meant = (item) => (numbers.has(item) ? [numbers.get(item)] : members[groups.indexOf(item)].filter(shown));

  function act(item, is, goesOn) {
    if (!item || item.hidden) return say("nothing is chosen; j goes to the first change");
    const next = neighbour(item, 1, (other) => !item.contains(other));
    decide(meant(item), is);
    const hasFiltered = at("state").value !== "all" && filter();
    if (goesOn || (hasFiltered && item.hidden)) go(next ?? item);
  }

  // ---- moving

  const order = [...document.querySelectorAll(".group, .case")];
  const items = () => order.filter((item) => !item.hidden);

  function neighbour(item, step, fits) {
    const all = items();
    const start = all.indexOf(item);
    for (let position = start + step; position >= 0 && position < all.length; position += step) {
      if (fits(all[position])) return all[position];
    }
    return null;
  }

  function choose(item) {
    here?.classList.remove("here");
    here = item;
    item.classList.add("here");
  }

  function go(item) {
    if (!item || item.hidden) return;
    choose(item);
    if (numbers.has(item)) item.querySelector("details").open = true;
    const heading = item.querySelector("h2, h3");
    heading.focus({ preventScroll: true });
    item.scrollIntoView({ block: "start" });
    // What is not on the screen has a height by guess until it is drawn, and moves what comes after it then.
    const settle = (times) => requestAnimationFrame(() => {
      if (here !== item) return;
      item.scrollIntoView({ block: "start" });
      if (times > 1) settle(times - 1);
    });
    settle(3);
  }

  // ---- finding

  let texts = null;
  function textOf(number) {
    texts ??= cases.map((item, each) =>
      [item.querySelector("h3"), item.querySelector("details"), groups[groupOf[each]].querySelector("h2"),
        groups[groupOf[each]].querySelector(".rows")]
        .map((part) => part?.textContent ?? "").join("\n").toLowerCase());
    return texts[number];
  }

  function filter() {
    const words = at("find").value.toLowerCase().split(/\s+/).filter(Boolean);
    const is = at("state").value;
    let count = 0;
    cases.forEach((item, number) => {
      const fits = (is === "all" || state[number] === is) && words.every((word) => textOf(number).includes(word));
      if (item.hidden === fits) item.hidden = !fits;
      count += fits;
    });
    groups.forEach((item, group) => {
      item.hidden = !members[group].some(shown);
      paintGroup(group);
    });
    at("nothing").hidden = count > 0 || cases.length === 0;
    return count < cases.length;
  }

  function find() {
    filter();
    say(`${plural(cases.filter((item) => !item.hidden).length, "case")} shown`);
  }

  // ---- exporting

  function save() {
    const decisions = data.cases.flatMap((each, number) =>
      state[number] === "open" ? [] : [{ ...each, decision: state[number] }]);
    if (!decisions.length) return say("nothing is decided yet");
    const file = { format: data.format, version: data.version, store: data.store, decisions };
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([JSON.stringify(file, null, 1) + "\n"], { type: "application/json" }));
    link.download = "proofmark-decisions.json";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
    isExported = true;
    say(`exported: ${plural(decisions.length, "decision")}`);
  }

  // ---- keys and buttons

  const isGroup = (item) => groups.includes(item);
  const keys = {
    j: () => go(here ? neighbour(here, 1, () => true) : items()[0]),
    k: () => go(here ? neighbour(here, -1, () => true) : items()[0]),
    J: () => go(here ? neighbour(here, 1, isGroup) : items()[0]),
    K: () => go(here ? neighbour(here, -1, isGroup) : items()[0]),
    a: () => act(here, "accept", true),
    r: () => act(here, "reject", true),
    s: () => act(here, "open", true),
    A: () => act(here?.closest(".group"), "accept", true),
    R: () => act(here?.closest(".group"), "reject", true),
    u: takeBack,
    o: () => { for (const inside of here?.querySelectorAll(":scope.case > details") ?? []) inside.open = !inside.open; },
    "/": () => at("find").select(),
    f: () => {
      const list = at("state");
      list.selectedIndex = (list.selectedIndex + 1) % list.length;
      find();
    },
    e: save,
    "?": () => at("help").showModal(),
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || at("help").open) return;
    if (event.target === at("find")) {
      if (event.key !== "Enter" && event.key !== "Escape") return;
      event.preventDefault();
      event.target.blur();
      go(items()[0]);
      return;
    }
    if (event.target.matches("input, select, textarea") || !Object.hasOwn(keys, event.key)) return;
    event.preventDefault();
    keys[event.key]();
  });

  document.addEventListener("click", (event) => {
    const item = event.target.closest(".case, .group");
    if (!item) return;
    choose(item);
    const button = event.target.closest("button[data-act]");
    if (button) act(item, button.dataset.act, false);
  });

  at("find").addEventListener("input", find);
  at("state").addEventListener("change", find);
  at("export").addEventListener("click", save);
  at("keys").addEventListener("click", keys["?"]);
  at("close").addEventListener("click", () => at("help").close());
  addEventListener("beforeunload", (event) => {
    if (!isKept && !isExported) event.preventDefault();
  });

  // On paper nothing can be opened.
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll(".case:not([hidden]) > details:not([open])")];
    for (const each of opened) each.open = true;
  });
  addEventListener("afterprint", () => { for (const each of opened) each.open = false; });

  cases.forEach((item) => dress(item, item.querySelector("h3").textContent, true));
  // A kind with one case is decided there.
  groups.forEach((item, group) => dress(item, "all cases of this kind", members[group].length > 1));
  recall();
  repaint(cases.map((_, number) => number));
  for (const id of ["bar", "then"]) at(id).hidden = cases.length === 0;
  const measure = () => document.documentElement.style.setProperty("--bar", `${at("bar").offsetHeight + 8}px`);
  new ResizeObserver(measure).observe(at("bar"));
})();
