// The page against a scripted language server: everything a user can do with a suggestion.
//
// Run by the integration test of `il-playground`, which starts the server that knows these scripts:
//   def tax(            → self, rate: float = 0.2) -> float:
//   for line in         → order.lines: … (three lines)
//   choose              → one | two or three | four   (several only when asked by hand)
//   call(               → article, quantity)          (replaces the bracket that was closed)
//   wrap(               → inner(x), y) -> int: …      (replaces it, too)
//   swap(               → a, b];                      (replaces it by something else)
//   stride              → a.b.c rest                  (says that a word is three units)
//   emoji = "😀" +      → "ünïcode" + suffix
//   slow, crash!        → no answer; end of the connection

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { after, before, test } from "node:test";

import { atEnd, counter, ghost, ghostIs, lastLines, launch, lines, openPage, picture, remember, says, url, wasSaid } from "./browser.mjs";

const TAX = "self, rate: float = 0.2) -> float:";

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

/** One page a test; whatever it loaded came from the playground, and it complained about nothing. */
function onPage(name, run, options = {}) {
  test(name, async () => {
    const { page, seen, close } = await openPage(browser, options.context);
    try {
      await run(page);
      const own = new URL(url).host;
      for (const address of seen.requests) assert.equal(new URL(address).host, own, `${address} leaves the playground`);
      assert.deepEqual(seen.complaints.filter((text) => !options.tolerates?.test(text)), []);
    } catch (error) {
      await picture(page, `failed ${name}`);
      throw error;
    } finally {
      await close();
    }
  });
}

onPage("the first view opens a telling file and says how to try", async (page) => {
  assert.equal(await page.title(), "shop · Interline playground");
  assert.match(await says(page, "#hint", "Tab"), /takes the grey text/);
  assert.equal(await page.locator('.row[aria-selected="true"]').innerText(), "orders.py");
  await says(page, "#status-engine", "scripted engine");
  assert.match(await says(page, "#status-facts", "tokens"), /tokens 1,204/);
  assert.match(await says(page, "#why-body", "Type in the editor"), /how sure/);
  assert.equal(await page.locator("#status-work").innerText(), "");
  assert.equal(await page.locator("#alert").isVisible(), false);
  await page.locator(".cm-line span[class]").first().waitFor(); // the grammar is there
  await picture(page, "first-light");
});

onPage("typing shows ghost text, Tab takes it, undo gives it back", async (page) => {
  await atEnd(page);
  await page.keyboard.type("def tax(");
  // The editor has closed the bracket, which is not drawn again.
  await ghostIs(page, TAX.replace(")", ""));
  assert.equal(await page.locator("#why-text").innerText(), TAX);
  assert.equal(await page.locator("#why-confidence output").innerText(), "87%");
  assert.equal(await page.locator("#why-confidence [role=meter]").getAttribute("aria-valuenow"), "87");
  assert.match(await page.locator("#why-source").innerText(), /^engine/);
  assert.equal(await page.locator("#why-origin").innerText(), "src/invoices.py:2");
  assert.equal(await page.locator("#why-server").innerText(), "812 µs");
  assert.match(await page.locator("#why-round-trip").innerText(), /^\d+\.\d ms$/);
  assert.equal(await page.locator("#why-alternatives").innerText(), "1 of 1");
  await picture(page, "single-light");
  await page.keyboard.press("Tab");
  assert.deepEqual(await lastLines(page, 1), [`def tax(${TAX}`]);
  assert.equal(await counter(page, "accepted"), 1);
  // One character was there already, and one key was pressed.
  assert.equal(await counter(page, "saved"), TAX.length - 2);
  await page.keyboard.press("ControlOrMeta+z");
  assert.deepEqual(await lastLines(page, 1), ["def tax()"]);
});

onPage("what is typed of it stays, and is not asked for twice", async (page) => {
  await atEnd(page);
  await page.keyboard.type("def tax(");
  await page.keyboard.press("Delete");
  await ghostIs(page, TAX);
  // Not one frame without ghost text, whatever the server takes.
  await page.evaluate(() => {
    window.gaps = 0;
    new MutationObserver(() => {
      if (!document.querySelector(".cm-ghost")) window.gaps += 1;
    }).observe(document.querySelector(".cm-content"), { childList: true, subtree: true });
  });
  await page.keyboard.type("self, ra");
  await ghostIs(page, TAX.slice("self, ra".length));
  assert.equal(await page.evaluate(() => window.gaps), 0);
  assert.match(await says(page, "#why-source", "type-through"), /the engine was not asked/);
  assert.ok((await counter(page, "reused")) >= 1);
  await page.keyboard.press("Backspace");
  await ghostIs(page, TAX.slice("self, r".length));
  await page.keyboard.type("X");
  await ghostIs(page, "");
  assert.match(await says(page, "#why-reason", "Nothing shown"), /Below confidence \(best 0\.31 < 0\.50\)\./);
  await picture(page, "nothing-light");
});

onPage("a word, a word, then the rest", async (page) => {
  await atEnd(page);
  await page.keyboard.type("def tax(");
  await page.keyboard.press("Delete");
  await ghostIs(page, TAX);
  await page.keyboard.press("ControlOrMeta+ArrowRight");
  assert.deepEqual(await lastLines(page, 1), ["def tax(self"]);
  await ghostIs(page, TAX.slice(4));
  await page.keyboard.press("ControlOrMeta+ArrowRight");
  await page.keyboard.press("ControlOrMeta+ArrowRight");
  assert.deepEqual(await lastLines(page, 1), ["def tax(self, rate"]);
  await ghostIs(page, TAX.slice(10));
  await page.keyboard.press("ControlOrMeta+Shift+ArrowRight");
  assert.deepEqual(await lastLines(page, 1), [`def tax(${TAX}`]);
  await ghostIs(page, "");
});

onPage("how far a word goes is what the server says", async (page) => {
  await atEnd(page);
  await page.keyboard.type("stride ");
  await ghostIs(page, "a.b.c rest");
  await page.keyboard.press("ControlOrMeta+ArrowRight");
  assert.deepEqual(await lastLines(page, 1), ["stride a.b"]);
  await ghostIs(page, ".c rest");
});

onPage("several lines are drawn below, and taken line by line", async (page) => {
  await atEnd(page);
  await page.keyboard.type("for line in ");
  await ghostIs(page, "order.lines:\n    total += line.total()\nprint(total)");
  assert.equal(await page.locator(".cm-ghost-block > div").count(), 2);
  await picture(page, "multi-light");
  await page.keyboard.press("ControlOrMeta+Shift+ArrowRight");
  assert.deepEqual(await lastLines(page, 1), ["for line in order.lines:"]);
  await ghostIs(page, "\n    total += line.total()\nprint(total)");
  await page.keyboard.press("ControlOrMeta+Shift+ArrowRight");
  assert.deepEqual(await lastLines(page, 2), ["for line in order.lines:", "    total += line.total()"]);
  await page.keyboard.press("Tab");
  assert.deepEqual(await lastLines(page, 3), ["for line in order.lines:", "    total += line.total()", "print(total)"]);
});

onPage("Escape dismisses, and a moved cursor does", async (page) => {
  await atEnd(page);
  await page.keyboard.type("for line in ");
  await ghostIs(page, "order.lines:\n    total += line.total()\nprint(total)");
  await page.keyboard.press("Escape");
  await ghostIs(page, "");
  assert.equal(await page.locator("#why-fate").innerText(), "dismissed");
  assert.deepEqual(await lastLines(page, 1), ["for line in "]);
  await page.keyboard.press("Alt+\\");
  await ghostIs(page, "order.lines:\n    total += line.total()\nprint(total)");
  await page.keyboard.press("ArrowLeft");
  await ghostIs(page, "");
  assert.equal(await counter(page, "accepted"), 0);
  // Without a suggestion Tab indents, and Escape then Tab leaves.
  await page.keyboard.press("ControlOrMeta+End");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Shift+Home");
  await page.keyboard.press("Delete");
  await page.keyboard.press("Tab");
  assert.deepEqual(await lastLines(page, 1), ["    "]);
  await page.keyboard.press("Escape");
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement?.closest(".cm-editor") === null), true);
});

onPage("alternatives come when asked for, and are cycled", async (page) => {
  await atEnd(page);
  await page.keyboard.type("choose ");
  await ghostIs(page, "one");
  await page.keyboard.press("Alt+]");
  await says(page, "#why-alternatives", "1 of 3");
  await page.keyboard.press("Alt+]");
  await ghostIs(page, "two or three");
  assert.equal(await page.locator("#why-alternatives").innerText(), "2 of 3");
  await page.keyboard.press("Alt+[");
  await page.keyboard.press("Alt+[");
  await ghostIs(page, "four");
  await page.keyboard.press("Alt+[");
  await ghostIs(page, "two or three");
  await page.keyboard.type("two");
  await ghostIs(page, " or three");
  await page.keyboard.press("Tab");
  assert.deepEqual(await lastLines(page, 1), ["choose two or three"]);
});

onPage("a bracket that the editor closed is not doubled", async (page) => {
  await atEnd(page);
  await page.keyboard.type("call(");
  assert.deepEqual(await lastLines(page, 1), ["call()"]);
  await ghostIs(page, "article, quantity");
  await page.keyboard.press("ControlOrMeta+ArrowRight");
  assert.deepEqual(await lastLines(page, 1), ["call(article)"]);
  await ghostIs(page, ", quantity");
  await page.keyboard.press("Tab");
  assert.deepEqual(await lastLines(page, 1), ["call(article, quantity)"]);
});

onPage("grey text is drawn around what stays, and the rest of the line moves along", async (page) => {
  await atEnd(page);
  await page.keyboard.type(" # note");
  await page.keyboard.press("Home");
  await page.keyboard.press("Home");
  await page.keyboard.type("wrap(");
  const line = () => page.evaluate(() => [...document.querySelectorAll(".cm-line")].at(-1)?.textContent);
  const drawn = async () => [await line(), ...(await page.locator(".cm-ghost-block > div").allTextContents())];
  await page.locator(".cm-ghost-block").waitFor();
  // The bracket in the middle is the document's own; the comment moves behind the last line.
  assert.deepEqual(await drawn(), ["wrap(inner(x), y) -> int:", "    return x # note"]);
  await picture(page, "around-light");
  await page.keyboard.press("ControlOrMeta+ArrowRight");
  await ghostIs(page, "(x), y -> int:\n    return x");
  await page.keyboard.press("ControlOrMeta+Shift+ArrowRight");
  await ghostIs(page, "\n    return x");
  await page.keyboard.press("Tab");
  assert.deepEqual(await lastLines(page, 2), ["wrap(inner(x), y) -> int:", "    return x # note"]);
  await page.keyboard.press("ControlOrMeta+End");
  await page.keyboard.type("\nswap(");
  await page.locator(".cm-ghost-replaced").waitFor();
  assert.equal(await page.locator(".cm-ghost-replaced").innerText(), ")");
  await page.keyboard.press("Tab");
  assert.match((await lastLines(page, 1))[0], /^ *swap\(a, b\];$/);
});

onPage("the panel's buttons do what the keys do", async (page) => {
  await atEnd(page);
  await page.keyboard.type("choose ");
  await ghostIs(page, "one");
  await page.keyboard.press("Alt+\\");
  await says(page, "#why-alternatives", "1 of 3");
  await page.keyboard.press("Alt+]");
  await ghostIs(page, "two or three");
  await page.locator("#take-word").click();
  assert.deepEqual(await lastLines(page, 1), ["choose two"]);
  await ghostIs(page, " or three");
  await page.locator("#take-none").click();
  await ghostIs(page, "");
  assert.equal(await page.locator("#take-all").isDisabled(), true);
  await page.keyboard.press("Alt+\\");
  await ghostIs(page, " or three");
  await page.locator("#take-all").click();
  assert.deepEqual(await lastLines(page, 1), ["choose two or three"]);
  assert.equal(await counter(page, "accepted"), 2);
});

onPage("what is being indexed is shown while it is", async (page) => {
  await page.locator("#filter").fill("only.py");
  await page.locator("#filter").press("Enter");
  assert.equal(await says(page, "#status-work", "Indexing"), "Indexing: learning 21/50");
  assert.equal(await page.locator("#status-work progress").getAttribute("value"), "42");
  await picture(page, "indexing");
  await page.locator('[aria-label="Close only.py"]').click();
  await page.locator("#status-work progress").waitFor({ state: "detached" });
});

onPage("a question that is overtaken is cancelled", async (page) => {
  await atEnd(page);
  await page.keyboard.type("slow");
  await says(page, "#why-body", "Asking");
  const before = await counter(page, "cancelled");
  await page.keyboard.type("er");
  await says(page, "#why-reason", "Nothing shown");
  assert.ok((await counter(page, "cancelled")) > before);
});

onPage("astral characters, many cursors, paste and undo reach the server as they are", async (page) => {
  await page.locator(".row", { hasText: "web" }).click();
  await page.locator(".row", { hasText: "app.ts" }).click();
  await says(page, '[role="tab"][aria-selected="true"]', "app.ts");
  await page.keyboard.press("ControlOrMeta+End");
  await page.keyboard.type('emoji = "😀" + ');
  await page.keyboard.press("ControlOrMeta+End");
  await page.keyboard.press("Backspace");
  await page.keyboard.type(" ");
  await ghostIs(page, '"ünïcode" + suffix');
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.keyboard.insertText("a 𝒳\nb 𝒳\r\nc 𝒳\n");
  await page.keyboard.press("ControlOrMeta+Alt+ArrowUp");
  await page.keyboard.press("ControlOrMeta+Alt+ArrowUp");
  await page.keyboard.type("x𝒴");
  await page.keyboard.press("Enter");
  assert.equal((await lines(page)).filter((line) => line === "x𝒴").length, 3);
  await page.keyboard.press("Backspace");
  await page.keyboard.press("ControlOrMeta+z");
  await page.keyboard.press("ControlOrMeta+z");
  await page.keyboard.press("ControlOrMeta+Shift+z");
  await page.keyboard.press("Escape");
  await page.keyboard.press("ControlOrMeta+Home");
  for (const key of "storm of keys 😀\n".repeat(6)) await page.keyboard.insertText(key);
  // Half a character, as a broken paste leaves it.
  await page.evaluate(() => document.execCommand("insertText", false, "half \ud83d!"));
  // An answer after the last key: the server has seen everything.
  await page.keyboard.press("ControlOrMeta+End");
  await page.keyboard.type("choose ");
  await ghostIs(page, "one");
  const target = process.env.INTERLINE_EDITOR_TEXT;
  if (target) writeFileSync(target, (await lines(page)).join("\n"));
});

onPage("tabs keep their text, say that it is edited, and revert", async (page) => {
  await atEnd(page);
  await page.keyboard.type("def tax(");
  await page.locator("#filter").fill("invo");
  await page.locator("#filter").press("Enter");
  await says(page, '[role="tab"][aria-selected="true"]', "invoices.py");
  assert.equal(await page.locator('[role="tab"]').count(), 2);
  assert.equal((await lines(page))[0], "class Invoice:");
  await page.locator('[role="tab"]').first().click();
  assert.deepEqual(await lastLines(page, 1), ["def tax()"]);
  await says(page, ".tab.selected .edited", "edited");
  await page.getByText("revert").click();
  assert.equal(await page.locator(".edited").count(), 0);
  await page.locator('[aria-label="Close orders.py"]').click();
  await page.locator('[aria-label="Close invoices.py"]').click();
  await says(page, "#empty", "Choose a file");
  assert.equal(await page.locator("#hint").isVisible(), false);
});

onPage("the place a suggestion was drawn from is one click away", async (page) => {
  await atEnd(page);
  await page.keyboard.type("def tax(");
  await page.locator("#why-origin").click();
  await says(page, '[role="tab"][aria-selected="true"]', "invoices.py");
  await says(page, "#status-place", "2:1");
});

onPage("the steps of an answer can be read", async (page) => {
  await atEnd(page);
  await page.keyboard.type("choose ");
  await page.locator("summary").click();
  assert.match(await says(page, ".steps", "one answer"), /812 µs\s+engine/);
});

onPage("text is text", async (page) => {
  await page.locator(".row", { hasText: "markup.txt" }).click();
  await says(page, '[role="tab"][aria-selected="true"]', "markup.txt");
  assert.equal((await lines(page))[0], "<img src=x onerror=alert(1)>");
  assert.equal(await page.locator(".cm-content img").count(), 0);
});

onPage(
  "what cannot be opened is said",
  async (page) => {
    await page.locator(".row", { hasText: "link.txt" }).click();
    assert.match(await says(page, "#alert", "link.txt"), /leads out of the repository/);
    await says(page, '[role="tab"][aria-selected="true"]', "orders.py");
  },
  { tolerates: /403/ },
);

onPage(
  "a lost connection is said, comes back by itself, and what was typed meanwhile counts",
  async (page) => {
    await atEnd(page);
    await remember(page, "#alert");
    await page.keyboard.type("crash!");
    await wasSaid(page, "Suggestions pause until Interline is connected");
    await page.keyboard.type(" choose");
    await page.locator("#alert").waitFor({ state: "hidden" });
    await page.locator('#status-link[data-kind="connected"]').waitFor();
    await page.keyboard.type(" ");
    await ghostIs(page, "one");
    assert.equal(await page.locator("#alert").isVisible(), false);
  },
  { tolerates: /WebSocket/ },
);

onPage(
  "a playground that was started anew says that it has another address",
  async (page) => {
    await page.route("**/api/status", (route) =>
      route.fulfill({ status: 401, json: { error: { code: "token", message: "the token is missing or wrong: open the new address" } } }),
    );
    await atEnd(page);
    await remember(page, "#alert");
    await page.keyboard.type("crash!");
    assert.match(await wasSaid(page, "token"), /The token is missing or wrong: open the new address\. Suggestions pause/);
  },
  { tolerates: /WebSocket|401/ },
);

onPage("the tree and the filter work by keyboard", async (page) => {
  await page.locator("#filter").focus();
  await page.keyboard.press("ArrowDown");
  const focused = () => page.evaluate(() => document.activeElement?.textContent);
  assert.equal(await focused(), "src");
  await page.keyboard.press("ArrowDown");
  assert.equal(await focused(), "deep/er");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  assert.equal(await focused(), "only.py");
  await page.keyboard.press("Enter");
  await says(page, '[role="tab"][aria-selected="true"]', "only.py");
  await page.locator("#filter").fill("zzz");
  await says(page, "#tree", "No file is called that");
});

for (const scheme of ["light", "dark"]) {
  onPage(
    `${scheme}: as the system says, readable, and switched by the button`,
    async (page) => {
      await atEnd(page);
      await page.keyboard.type("for line in ");
      await page.locator(".cm-ghost").first().waitFor();
      for (const selector of [".cm-ghost", "#hint", ".cm-lineNumbers", "#status", "#why-source", ".fate", "button.primary", ".row.file"]) {
        const ratio = await page.evaluate(contrast, selector);
        assert.ok(ratio >= 4.5, `${scheme} ${selector}: contrast ${ratio.toFixed(2)}`);
      }
      const theme = () => page.evaluate(() => document.documentElement.dataset.theme);
      assert.equal(await theme(), scheme);
      await picture(page, `whole-${scheme}`);
      const other = scheme === "light" ? "dark" : "light";
      await page.locator("#toggle-theme").click();
      assert.equal(await theme(), other);
      await page.reload();
      await page.locator('#status-link[data-kind="connected"]').waitFor();
      assert.equal(await theme(), other);
    },
    { context: { colorScheme: scheme } },
  );
}

onPage(
  "on a narrow screen everything is below one another and nothing sticks out",
  async (page) => {
    assert.equal(await page.locator("#files").isVisible(), false);
    await page.locator("#toggle-files").click();
    assert.equal(await page.locator("#files").isVisible(), true);
    await page.locator("#toggle-files").click();
    await atEnd(page);
    await page.keyboard.type("for line in ");
    await page.locator(".cm-ghost").first().waitFor();
    const [wide, centre, why] = await page.evaluate(() => [
      document.documentElement.scrollWidth - innerWidth,
      document.getElementById("centre").getBoundingClientRect().bottom,
      document.getElementById("why").getBoundingClientRect().top,
    ]);
    assert.ok(wide <= 0, `${wide} px too wide`);
    assert.ok(why >= centre);
    await picture(page, "narrow");
  },
  { context: { viewport: { width: 400, height: 860 }, colorScheme: "light" } },
);

onPage("every control has a name, the dialog closes, the panel folds", async (page) => {
  const nameless = await page.evaluate(() =>
    [...document.querySelectorAll("button, input, a, [role=treeitem], [role=tab]")]
      .filter((element) => !(element.getAttribute("aria-label") || element.textContent?.trim()))
      .map((element) => element.outerHTML),
  );
  assert.deepEqual(nameless, []);
  await page.locator("#toggle-keys").click();
  await says(page, "dialog", "take its next word");
  await picture(page, "keys");
  await page.keyboard.press("Escape");
  assert.equal(await page.locator("dialog").isVisible(), false);
  await page.locator("#toggle-why").click();
  assert.equal(await page.locator("#why").isVisible(), false);
});

onPage("a suggestion is announced to a screen reader and hidden from it otherwise", async (page) => {
  await atEnd(page);
  await page.keyboard.type("choose ");
  assert.equal(await says(page, "#announce", "Suggestion"), "Suggestion: one");
  assert.equal(await page.locator(".cm-ghost").first().getAttribute("aria-hidden"), "true");
  assert.equal(await ghost(page), "one");
});

test("an address without its token shows no repository", async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  const answer = await page.goto(new URL("/", url).href);
  assert.equal(answer.status(), 401);
  assert.match(await page.locator("body").innerText(), /lacks its token/);
  await context.close();
});

/** Contrast of an element's text against what is painted behind it, as WCAG counts it. */
function contrast(selector) {
  const rgba = (text) => {
    const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    canvas.fillStyle = text;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (top, below) => [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3]));
  const luminance = (colour) =>
    colour
      .slice(0, 3)
      .map((c) => (c / 255 <= 0.03928 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4))
      .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const element = document.querySelector(selector);
  const layers = [];
  for (let at = element; at; at = at.parentElement) {
    const colour = rgba(getComputedStyle(at).backgroundColor);
    if (colour[3] > 0) layers.push(colour);
    if (colour[3] === 1) break;
  }
  const behind = layers.reduceRight((below, layer) => over(layer, below), [255, 255, 255]);
  const text = over(rgba(getComputedStyle(element).color), behind);
  const [light, dark] = [luminance(text), luminance(behind)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}
