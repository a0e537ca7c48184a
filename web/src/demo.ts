// "Show me": types a line of the open file again, key by key, until something is suggested.
//
// Nothing is staged: the line is removed and typed like anybody would type it, and what is suggested is
// what the server says. A line that brings no suggestion is typed to its end, and the next one is tried.

import type { EditorView } from "@codemirror/view";

import { ghostTextOf } from "./ghost";

/** Between two keys; an answer comes well within it. */
const KEY_MS = 110;
const MOST_LINES = 6;
/** Of a line; what is not guessed by then is put in at once. */
const MOST_KEYS = 24;
/** Of a very long file. */
const MOST_LOOKED_AT = 4000;
/** Shorter suggestions are typed past: they show little. Less is asked of the later lines. */
const LEAST_TELLING = [16, 14, 12, 8, 6, 4];
/** Lines that begin alike have so many letters in common. */
const ALIKE = 9;

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
    for (const [index, number] of this.lines().entries()) {
      const line = this.view.state.doc.line(number);
      const indent = /^\s*/.exec(line.text)?.[0].length ?? 0;
      const keys = Array.from(line.text.slice(indent));
      const start = line.from + indent;
      this.view.dispatch({
        changes: { from: start, to: line.to },
        selection: { anchor: start },
        scrollIntoView: true,
        userEvent: "delete",
      });
      for (const key of keys.slice(0, MOST_KEYS)) {
        this.view.dispatch({ ...this.view.state.replaceSelection(key), userEvent: "input.type", scrollIntoView: true });
        await pause(KEY_MS);
        if (stopped()) return;
        if (ghostTextOf(this.view.state).trim().length >= (LEAST_TELLING[index] ?? 4)) {
          this.say("That is a suggestion. Press Tab to take it, or type on.");
          return;
        }
      }
      this.view.dispatch({ ...this.view.state.replaceSelection(keys.slice(MOST_KEYS).join("")), userEvent: "input" });
    }
    this.say("Nothing was suggested for these lines; the panel says why. Try another file, or type a line yourself.");
  }

  /** Lines worth typing again: statements, and first those that begin as many others do, one of each kind. */
  private lines(): number[] {
    const { doc } = this.view.state;
    const alike = new Map<string, number[]>();
    for (let number = 1; number <= Math.min(doc.lines, MOST_LOOKED_AT); number++) {
      const text = doc.line(number).text.trim();
      if (!isStatement(text)) continue;
      const start = text.slice(0, ALIKE);
      alike.set(start, [...(alike.get(start) ?? []), number]);
    }
    const kinds = [...alike.values()].sort((a, b) => b.length - a.length).slice(0, MOST_LINES);
    // The last of its kind: what came before it is known by then.
    return kinds.map((numbers) => numbers.at(-1) ?? 1);
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
