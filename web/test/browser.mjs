// A headless Chromium on the playground, and what the tests do in it again and again.

import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";

import { chromium } from "playwright-core";

export const url = process.env.INTERLINE_PLAYGROUND_URL;
if (!url) throw new Error("set INTERLINE_PLAYGROUND_URL to the address that the playground printed");

const PATIENCE_MS = 20_000;

const executables = [
  process.env.INTERLINE_CHROMIUM,
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

export async function launch() {
  const executablePath = executables.find((path) => path && existsSync(path));
  if (!executablePath) throw new Error("no Chromium found: install it, or set INTERLINE_CHROMIUM to its path");
  return chromium.launch({
    executablePath,
    args: [
      // The sandbox needs an unprivileged user; CI runs as root.
      ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

/** A page that is loaded and connected, with everything it asked for and complained about. */
export async function openPage(browser, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1360, height: 840 }, ...options });
  const page = await context.newPage();
  // A machine that builds something else meanwhile is slow.
  page.setDefaultTimeout(PATIENCE_MS);
  const seen = { requests: [], complaints: [] };
  page.on("request", (request) => seen.requests.push(request.url()));
  page.on("websocket", (socket) => seen.requests.push(socket.url()));
  page.on("pageerror", (error) => seen.complaints.push(String(error)));
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) seen.complaints.push(message.text());
  });
  await page.goto(url);
  await page.locator('#status-link[data-kind="connected"]').waitFor();
  await page.locator(".cm-line").first().waitFor();
  await page.locator('.row[aria-selected="true"]').waitFor({ state: "attached" });
  return { page, seen, close: () => context.close() };
}

/** Puts the cursor into a new line at the end of the file. */
export async function atEnd(page) {
  await page.locator(".cm-content").focus();
  await page.keyboard.press("ControlOrMeta+End");
  await page.keyboard.press("Enter");
  // Whatever the editor indented.
  await page.keyboard.press("Shift+Home");
  await page.keyboard.press("Delete");
}

/** The grey text: what is drawn in the cursor's line, then the lines below it. */
export async function ghost(page) {
  return page.evaluate(drawnGhost);
}

function drawnGhost() {
  const text = (selector) => [...document.querySelectorAll(selector)].map((element) => element.textContent);
  return [text(".cm-line .cm-ghost").join(""), ...text(".cm-ghost-block .cm-ghost")].join("\n");
}

/** Waits until the grey text is this; says what it was otherwise. */
export async function ghostIs(page, expected) {
  const deadline = Date.now() + PATIENCE_MS;
  let drawn = await ghost(page);
  while (drawn !== expected) {
    if (Date.now() > deadline) {
      const why = await page.locator("#why-body").innerText();
      throw new Error(`the ghost text is ${JSON.stringify(drawn)}, not ${JSON.stringify(expected)}; the panel says: ${why}`);
    }
    await page.waitForTimeout(10);
    drawn = await ghost(page);
  }
}

/** The lines that are rendered, without grey text. */
export async function lines(page) {
  return page.evaluate(() =>
    [...document.querySelectorAll(".cm-line")].map((line) => {
      const copy = line.cloneNode(true);
      for (const element of copy.querySelectorAll(".cm-ghost, .cm-ghost-block")) element.remove();
      return copy.textContent;
    }),
  );
}

/** The last `count` lines that are rendered. */
export async function lastLines(page, count) {
  return (await lines(page)).slice(-count);
}

/** A counter of the panel. */
export async function counter(page, name) {
  return Number((await page.locator(`#count-${name}`).textContent()).replaceAll(",", ""));
}

/** The text of an element, once it holds `part`. */
export async function says(page, selector, part) {
  await page.locator(selector).filter({ hasText: part }).first().waitFor();
  return page.locator(selector).first().innerText();
}

/** From now on, keeps everything that an element ever says; `wasSaid` waits for it. */
export async function remember(page, selector) {
  await page.evaluate((selector) => {
    const element = document.querySelector(selector);
    window.remembered = [];
    new MutationObserver(() => window.remembered.push(element.textContent)).observe(element, { childList: true, subtree: true });
  }, selector);
}

/** Waits until something that was remembered holds `part`, and gives it. */
export async function wasSaid(page, part) {
  const handle = await page.waitForFunction((part) => window.remembered.find((text) => text.includes(part)), part);
  return handle.jsonValue();
}

/** Keeps a picture when `INTERLINE_SCREENSHOTS` names a directory. */
export async function picture(page, name) {
  const directory = process.env.INTERLINE_SCREENSHOTS;
  if (!directory) return;
  mkdirSync(directory, { recursive: true });
  await page.screenshot({ path: join(directory, `${name}.png`) });
}
