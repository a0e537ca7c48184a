// The page against the real thing: the binary, its embedded engine, and a small repository in which one
// statement is written again and again. Run by the integration test of `interline`.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { atEnd, counter, ghost, lastLines, launch, lines, openPage, picture, says, url } from "./browser.mjs";

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

function onPage(name, run) {
  test(name, async () => {
    const { page, seen, close } = await openPage(browser);
    try {
      await says(page, "#status-engine", "repo engine");
      await run(page);
      const own = new URL(url).host;
      for (const address of seen.requests) assert.equal(new URL(address).host, own, `${address} leaves the playground`);
      assert.deepEqual(seen.complaints, []);
    } catch (error) {
      await picture(page, `failed ${name}`);
      throw error;
    } finally {
      await close();
    }
  });
}

async function open(page, name) {
  await page.locator("#filter").fill(name);
  await page.locator("#filter").press("Enter");
  await says(page, '[role="tab"][aria-selected="true"]', name.slice(name.lastIndexOf("/") + 1));
}

/** Waits for grey text that begins like this, and gives all of it. */
async function ghostStarts(page, start) {
  try {
    await page.waitForFunction(
      (text) => [...document.querySelectorAll(".cm-ghost")].map((it) => it.textContent).join("\n").startsWith(text),
      start,
    );
  } catch {
    const reason = await page.locator("#why-body").innerText();
    throw new Error(`the ghost text is ${JSON.stringify(await ghost(page))}, not ${JSON.stringify(start)}…\n${reason}`);
  }
  return ghost(page);
}

onPage("what the repository writes again and again is suggested and taken", async (page) => {
  await open(page, "orders.py");
  await atEnd(page);
  await page.keyboard.type("\ndef drop_orders(region):\nwith open");
  const text = await ghostStarts(page, "_session(region");
  await page.keyboard.press("Tab");
  const taken = text.split("\n");
  assert.deepEqual(await lastLines(page, taken.length + 1), [
    "def drop_orders(region):",
    `    with open${taken[0]}`,
    ...taken.slice(1),
  ]);
  assert.equal(await counter(page, "accepted"), 1);
  assert.equal(await counter(page, "saved"), text.length - 1);
});

onPage("word by word, with the place it was drawn from", async (page) => {
  await open(page, "customers.py");
  await atEnd(page);
  await page.keyboard.type("with open");
  // How far it goes is for the engine to be sure of.
  await ghostStarts(page, "_session(region");
  const origin = await page.locator("#why-origin").innerText();
  const [, path, line] = /^(shop\/\w+\.py):(\d+)$/.exec(origin) ?? assert.fail(origin);
  assert.match(await page.locator("#why-confidence output").innerText(), /^\d+%$/);
  assert.match(await page.locator("#why-server").innerText(), /µs|ms/);
  await page.keyboard.press("ControlOrMeta+ArrowRight");
  assert.deepEqual(await lastLines(page, 1), ["with open_session"]);
  await ghostStarts(page, "(region");
  await page.keyboard.press("ControlOrMeta+Shift+ArrowRight");
  assert.match((await lastLines(page, 1))[0], /^with open_session\(region/);
  await open(page, path);
  assert.match((await lines(page))[Number(line) - 1], /open_session/);
});

onPage("what nobody wrote brings a reason", async (page) => {
  await open(page, "parcels.py");
  await atEnd(page);
  await page.keyboard.type("zyx = 4711 * qwv");
  assert.match(await says(page, "#why-reason", "Nothing shown."), /Nothing shown\. [A-Z].+\.$/);
  await page.locator("summary").click();
  await page.locator(".steps .stage").first().waitFor();
});

onPage("the demonstration ends with a suggestion", async (page) => {
  await open(page, "invoices.py");
  await page.locator("#show-me").click();
  await says(page, "#announce", "That is a suggestion");
  assert.notEqual(await ghost(page), "");
  await page.keyboard.press("Tab");
  assert.equal(await counter(page, "accepted"), 1);
});
