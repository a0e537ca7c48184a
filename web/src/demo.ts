// "Show me": types a line of the open file again, key by key, until something is suggested.
//
// Nothing is staged: the line is removed and typed like anybody would type it, and what is suggested is
// what the server says. A line that brings no suggestion is typed to its end, and the next one is tried.

import type { EditorView } from "@codemirror/view";

import { ghostTextOf } from "./ghost";

const KEY_MS = 90;
/** After a key, so long for an answer to come. */
const ANSWER_MS = 260;
const MOST_LINES = 5;

export class Demo {
  private running = 0;

  constructor(
    private readonly view: EditorView,
    private readonly say: (text: string) => void,
  ) {}

  stop(): void {
    this.running += 1;
  }

  async run(): Promise<void> {
    const run = ++this.running;
    const stopped = (): boolean => run !== this.running;
    this.view.focus();
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    for (const number of this.lines()) {
      const line = this.view.state.doc.line(number);
      const indent = /^\s*/.exec(line.text)?.[0].length ?? 0;
      const typed = line.text.slice(indent);
      const start = line.from + indent;
      this.view.dispatch({
        changes: { from: start, to: line.to },
        selection: { anchor: start },
        scrollIntoView: true,
        userEvent: "delete",
      });
      for (const key of typed) {
        await pause(calm ? 10 : KEY_MS);
        if (stopped()) return;
        this.view.dispatch({ ...this.view.state.replaceSelection(key), userEvent: "input.type", scrollIntoView: true });
        await pause(ANSWER_MS - KEY_MS);
        if (stopped()) return;
        if (ghostTextOf(this.view.state).trim().length > 2) {
          this.say("That is a suggestion. Press Tab to take it, or type on.");
          return;
        }
      }
    }
    this.say("Nothing was suggested for these lines; the panel says why. Try another file, or type a line yourself.");
  }

  /** Lines worth typing again: code of some length, from where the cursor is on, then from the top. */
  private lines(): number[] {
    const { doc, selection } = this.view.state;
    const here = doc.lineAt(selection.main.head).number;
    const worth: number[] = [];
    for (let at = 0; at < Math.min(doc.lines, 4000); at++) {
      const number = ((here + at) % doc.lines) + 1;
      const text = doc.line(number).text.trim();
      const code = text.length >= 18 && text.length <= 100 && /^[A-Za-z_@].*[\w)\]};:,'"]$/.test(text) && !/["'`]{3}|\. [A-Z]/.test(text);
      if (code && !/^(\/\/|#|\*)/.test(text)) worth.push(number);
    }
    // Spread over the file rather than five neighbours.
    const step = Math.max(1, Math.floor(worth.length / (MOST_LINES * 2)));
    return worth.filter((_, index) => index % step === 0).slice(0, MOST_LINES);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
