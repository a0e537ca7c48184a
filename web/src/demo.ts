// "Show me": types a line of the open file again, key by key, until something is suggested.
//
// Nothing is staged: the line is removed and typed like anybody would type it, and what is suggested is
// what the server says. A line that brings no suggestion is typed to its end, and the next one is tried.

import type { EditorView } from "@codemirror/view";

import { ghostTextOf } from "./ghost";

/** Between two keys; an answer comes well within it. */
const KEY_MS = 110;
const MOST_LINES = 6;
/** Of a very long file. */
const MOST_LOOKED_AT = 4000;
/** Shorter suggestions are typed past: they show little. */
const LEAST_TELLING = 12;

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
        this.view.dispatch({ ...this.view.state.replaceSelection(key), userEvent: "input.type", scrollIntoView: true });
        await pause(KEY_MS);
        if (stopped()) return;
        if (ghostTextOf(this.view.state).trim().length >= LEAST_TELLING) {
          this.say("That is a suggestion. Press Tab to take it, or type on.");
          return;
        }
      }
    }
    this.say("Nothing was suggested for these lines; the panel says why. Try another file, or type a line yourself.");
  }

  /** Lines worth typing again: statements inside of something, spread over the file from the cursor on. */
  private lines(): number[] {
    const { doc, selection } = this.view.state;
    const here = doc.lineAt(selection.main.head).number;
    const inside: number[] = [];
    const outside: number[] = [];
    for (let at = 0; at < Math.min(doc.lines, MOST_LOOKED_AT); at++) {
      const number = ((here + at) % doc.lines) + 1;
      const { text } = doc.line(number);
      if (isStatement(text.trim())) (/^\s/.test(text) ? inside : outside).push(number);
    }
    const worth = inside.length > 0 ? inside : outside;
    const step = Math.max(1, Math.floor(worth.length / (MOST_LINES + 1)));
    return worth.filter((_, index) => index % step === 0).slice(1, MOST_LINES + 1).concat(worth.slice(0, 1));
  }
}

/** Code of some length that is no comment, text or import. */
function isStatement(text: string): boolean {
  const code = text.length >= 18 && text.length <= 90 && /^[A-Za-z_].*[\w)\]}{;:,'"]$/.test(text);
  const prose = /["'`]{3}|\w\. [A-Z]|^\w+ \w+ \w+ \w+ \w+ /.test(text);
  return code && !prose && !/^(import|from|use|package|using|include|require)\b/.test(text);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
