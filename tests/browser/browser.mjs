// Chromium under control: a page opened as a file, and everything that it must not do written down.

import { mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const { chromium } = createRequire(process.env.DRIVER)("playwright-core");
const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync", "--host-resolver-rules=MAP * ~NOTFOUND"];

// A browser with a folder of its own. `wrong` gathers console errors, exceptions, requests and violated policies.
export async function open(place, name, settings = {}) {
  const folder = join(place, name);
  mkdirSync(folder);
  const context = await chromium.launchPersistentContext(folder, {
    executablePath: process.env.CHROMIUM,
    headless: true,
    args: FLAGS,
    acceptDownloads: true,
    viewport: { width: 1280, height: 900 },
    ...settings,
  });
  const wrong = [];
  context.on("request", (request) => {
    if (!/^(file|blob|data):/.test(request.url())) wrong.push(`request: ${request.url()}`);
  });
  context.on("weberror", (error) => wrong.push(`exception: ${error.error()}`));
  context.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) wrong.push(`console: ${message.text()}`);
  });
  const page = context.pages()[0] ?? (await context.newPage());
  if (settings.javaScriptEnabled !== false) {
    await page.exposeFunction("toldViolation", (text) => wrong.push(`policy: ${text}`));
    await page.addInitScript(() => {
      document.addEventListener("securitypolicyviolation", (event) =>
        window.toldViolation(`${event.violatedDirective} ${event.blockedURI}`));
    });
  }
  return { context, page, wrong, show: (file) => page.goto(pathToFileURL(file).href) };
}

// What a person who cannot see colour, or uses no mouse, would stumble over, in the page's present state.
export const obstacles = (page) => page.evaluate(() => {
  const found = [];
  const seen = (element) => element.checkVisibility({ opacityProperty: true, visibilityProperty: true, contentVisibilityAuto: true });
  const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
  if (new Set(ids).size !== ids.length) found.push("an id is there twice");
  for (const element of document.querySelectorAll("[aria-labelledby], [for]")) {
    const id = element.getAttribute("aria-labelledby") ?? element.getAttribute("for");
    if (!document.getElementById(id)) found.push(`nothing has the id ${id}`);
  }
  for (const button of document.querySelectorAll("button")) {
    if (!button.textContent.trim()) found.push(`a button has no name: ${button.outerHTML}`);
    const { width, height } = button.getBoundingClientRect();
    if (seen(button) && (width < 24 || height < 24)) found.push(`a button is ${width} by ${height}: ${button.textContent}`);
  }
  for (const input of document.querySelectorAll("input, select")) {
    if (!input.labels.length) found.push(`an input has no label: ${input.outerHTML}`);
  }
  let level = 0;
  for (const heading of document.querySelectorAll("body h1, body h2, body h3")) {
    if (Number(heading.tagName[1]) > level + 1) found.push(`a level is left out before: ${heading.textContent}`);
    level = Number(heading.tagName[1]);
  }
  // WCAG 2.2, 1.4.3: text has a contrast of 4.5 to its ground. A canvas reads any form of a colour.
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const colour = (text) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = text;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = ([red, green, blue]) => {
    const part = (value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
    return 0.2126 * part(red) + 0.7152 * part(green) + 0.0722 * part(blue);
  };
  const ground = (element) => {
    for (let each = element; each; each = each.parentElement) {
      const found = colour(getComputedStyle(each).backgroundColor);
      if (found[3] === 255) return found;
    }
    return [255, 255, 255];
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const pairs = new Map();
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || !seen(element) || element.closest("[disabled], script, style")) continue;
    const [ink, paper] = [colour(getComputedStyle(element).color), ground(element)];
    const [dark, bright] = [light(ink), light(paper)].sort((left, right) => left - right);
    const contrast = (bright + 0.05) / (dark + 0.05);
    if (contrast < 4.5) pairs.set(`${ink} on ${paper}`, `a contrast of ${contrast.toFixed(2)}: ${element.className} ${texts.currentNode.data.trim().slice(0, 40)}`);
  }
  return [...found, ...pairs.values()];
});
