// Finding and opening cases. It reads only the page, sends nothing, and makes no markup from text.
"use strict";
(() => {
  const at = (id) => document.getElementById(id);
  const cases = [...document.querySelectorAll(".case")];
  const tables = [...document.querySelectorAll(".table")];
  const verdicts = [...document.querySelectorAll("#verdicts input")];
  const verdictOf = cases.map((item) => item.classList[1]);
  const tableOf = cases.map((item) => tables.indexOf(item.parentElement));
  const nameOf = tables.map((table) => {
    const run = table.closest(".of-run")?.querySelector("h3").textContent;
    const name = table.querySelector("code").textContent;
    return run ? `${run} ${name}` : name;
  });
  const numbers = new Map(cases.map((item, number) => [item, number]));
  const plural = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;

  // ---- the text of a case, read once: with many cases, before anybody asks

  const texts = [];
  const text = (number) => {
    texts[number] ??= `${nameOf[tableOf[number]]}/${cases[number].textContent}`.toLowerCase();
    return texts[number];
  };
  const later = window.requestIdleCallback ?? ((act) => setTimeout(() => act({ timeRemaining: () => 8 })));
  let read = 0;
  const readAhead = (idle) => {
    while (read < cases.length && idle.timeRemaining() > 2) {
      text(read);
      read += 1;
    }
    if (read < cases.length) later(readAhead);
  };
  later(readAhead);

  // ---- which cases are shown

  const state = cases.map(() => true);
  function filter() {
    const words = at("find").value.toLowerCase().split(/\s+/).filter(Boolean);
    const wanted = new Set(verdicts.filter((box) => box.checked).map((box) => box.value));
    const table = at("table").value === "" ? -1 : Number(at("table").value);
    const left = tables.map(() => 0);
    let count = 0;
    cases.forEach((item, number) => {
      const is = wanted.has(verdictOf[number]) && (table < 0 || table === tableOf[number]) &&
        words.every((word) => text(number).includes(word));
      if (is !== state[number]) {
        item.hidden = !is;
        state[number] = is;
      }
      left[tableOf[number]] += is;
      count += is;
    });
    tables.forEach((item, number) => { item.hidden = left[number] === 0; });
    at("count").textContent = count === cases.length ? `All ${plural(count, "case")} shown` : `${count} of ${plural(cases.length, "case")} shown`;
    at("nothing").hidden = count > 0 || cases.length === 0;
    at("all").disabled = count === cases.length && !words.length;
  }

  // What is led to is shown, whatever is filtered.
  function reveal() {
    const item = at(location.hash.slice(1));
    if (!item || !numbers.has(item)) return;
    if (item.hidden) {
      at("tools").reset();
      filter();
    }
    item.open = true;
    item.querySelector("summary").focus({ preventScroll: true });
    // What comes into view gets its true height only then, and moves what is below it.
    let left = 4;
    const settle = () => {
      item.scrollIntoView();
      left -= 1;
      if (left) requestAnimationFrame(settle);
    };
    settle();
  }

  // ---- keys and buttons

  function step(by) {
    const shown = cases.filter((item, number) => state[number]);
    const here = document.activeElement?.closest(".case");
    const next = here ? shown[shown.indexOf(here) + by] : shown[0];
    next?.querySelector("summary").focus();
  }

  const keys = { "/": () => at("find").select(), j: () => step(1), k: () => step(-1) };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.target.matches("#find, select")) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    if (!Object.hasOwn(keys, event.key)) return;
    event.preventDefault();
    keys[event.key]();
  });

  at("tools").addEventListener("submit", (event) => event.preventDefault());
  at("tools").addEventListener("input", filter);
  // The fields have their first values again only after the event.
  at("tools").addEventListener("reset", () => setTimeout(filter));
  at("open").addEventListener("click", () => cases.forEach((item, number) => { if (state[number]) item.open = true; }));
  at("close").addEventListener("click", () => { for (const item of cases) item.open = false; });
  addEventListener("hashchange", reveal);
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#r']");
    // A link that is followed twice changes nothing that could be heard of.
    if (link && link.getAttribute("href") === location.hash) reveal();
  });

  // ---- copying: ids of causes, and lines that send a request again

  // What a button says is not read aloud by itself when it changes.
  const said = document.createElement("p");
  said.className = "unseen";
  said.setAttribute("role", "status");
  document.body.append(said);
  function copier(text, what) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = `Copy ${what}`;
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(text);
        button.textContent = "Copied";
      } catch {
        button.textContent = "Not copied";
      }
      said.textContent = `${button.textContent}: ${what}`;
      setTimeout(() => { button.textContent = `Copy ${what}`; }, 2000);
    });
    return button;
  }
  for (const link of document.querySelectorAll(".example a")) {
    const id = decodeURIComponent(link.getAttribute("href").replace(/^#r\d+\//, ""));
    link.after(" ", copier(id, "id"));
  }
  // A line gets its button when it comes into sight: there may be thousands.
  function copyLines(opened) {
    for (const lines of opened.querySelectorAll(".curl:not(.copied)")) {
      lines.classList.add("copied");
      lines.after(copier(lines.textContent, "curl"));
    }
  }
  document.addEventListener("toggle", (event) => { if (event.target.open) copyLines(event.target); }, true);
  for (const opened of document.querySelectorAll("details[open]")) copyLines(opened);

  // On paper nothing can be opened, so cases that did not pass are printed open.
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll(".case:not([hidden], [open], .passed)")];
    for (const each of opened) each.open = true;
  });
  addEventListener("afterprint", () => { for (const each of opened) each.open = false; });

  nameOf.forEach((name, number) => at("table").add(new Option(name, number)));
  for (const box of verdicts) {
    const count = verdictOf.filter((verdict) => verdict === box.value).length;
    box.parentElement.querySelector("b").textContent = count;
    box.parentElement.hidden = count === 0;
  }
  at("tools").hidden = cases.length === 0;
  filter();
  reveal();
})();
