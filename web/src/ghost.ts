// Ghost text: a suggestion drawn into the document without being part of it.
//
// The one idea: a suggestion is a range and a text, and what is drawn is derived from the document at every
// change: what stands between the range's start and the cursor must be how the text begins; the rest is
// drawn. So typing along, going back and taking a word are one mechanism, and no flicker waits for a server.

import { isolateHistory } from "@codemirror/commands";
import {
  Annotation,
  EditorSelection,
  type EditorState,
  type Extension,
  Prec,
  type Range as DecorationRange,
  StateEffect,
  StateField,
  type Transaction,
} from "@codemirror/state";
import { Decoration, type DecorationSet, EditorView, WidgetType, keymap } from "@codemirror/view";

import { offsetAt } from "./sync";
import type { InlineItem } from "./wire";

/** One alternative, in offsets of the document as it is now. */
export interface Suggestion {
  item: InlineItem;
  from: number;
  to: number;
  /** What replaces `from..to`; lines end in `\n`, as in the document. */
  text: string;
}

/** What is drawn: one of several alternatives. */
export interface Ghost {
  alternatives: Suggestion[];
  index: number;
}

/** How much of a suggestion is taken. */
export type Extent = "all" | "line" | "word";

export interface GhostEvents {
  /** Part of a suggestion went into the document; `length` of its text is there now. */
  taken(suggestion: Suggestion, extent: Extent, length: number, inserted: number): void;
  /** The user does not want it. */
  dismissed(suggestion: Suggestion): void;
  /** Another alternative is drawn. */
  cycled(ghost: Ghost): void;
  /** The user asks for a suggestion now. */
  asked(): void;
}

const setGhost = StateEffect.define<Ghost | null>();

/** Marks the transactions by which a suggestion is taken. */
export const taking = Annotation.define<true>();

const ghostField = StateField.define<Ghost | null>({
  create: () => null,
  update: (ghost, transaction) => {
    for (const effect of transaction.effects) if (effect.is(setGhost)) ghost = effect.value;
    return ghost && follow(ghost, transaction);
  },
  provide: (field) => EditorView.decorations.compute([field, "selection"], (state) => draw(state)),
});

/** The ghost after a transaction: what still fits, or nothing. */
function follow(ghost: Ghost, transaction: Transaction): Ghost | null {
  if (!transaction.docChanged && !transaction.selection) return ghost;
  if (!transaction.docChanged && !transaction.newSelection.eq(transaction.startState.selection)) return null;
  const { changes, state } = transaction;
  const shown = ghost.alternatives[ghost.index];
  const moved = new Map<Suggestion, Suggestion>();
  for (const suggestion of ghost.alternatives) {
    const now = {
      ...suggestion,
      from: changes.mapPos(suggestion.from, -1),
      to: changes.mapPos(suggestion.to, 1),
    };
    if (remainder(state, now) !== null) moved.set(suggestion, now);
  }
  if (moved.size === 0) return null;
  const alternatives = [...moved.values()];
  const index = shown && moved.has(shown) ? [...moved.keys()].indexOf(shown) : 0;
  return { alternatives, index };
}

/** What of a suggestion is not yet in the document. */
interface Remainder {
  /** What follows the cursor when all of it is taken. */
  rest: string;
  /** In the document after the cursor, and replaced by `rest`. */
  tail: string;
  /** Where in `rest` each unit of `tail` stands, so that it can stay; `null` when some have to go. */
  kept: number[] | null;
  /** What there is to see of `rest`: all but what it shares with the end of `tail`. */
  shown: string;
}

/** `null` when the suggestion does not fit at the cursor, or adds nothing. */
function remainder(state: EditorState, { from, to, text }: Suggestion): Remainder | null {
  const { main, ranges } = state.selection;
  const head = main.head;
  if (ranges.length > 1 || !main.empty || head < from || head > to) return null;
  const typed = state.doc.sliceString(from, head);
  if (!text.startsWith(typed)) return null;
  const rest = text.slice(typed.length);
  const tail = state.doc.sliceString(head, to);
  const kept = places(rest, tail);
  let shown = rest.length;
  while (kept?.includes(shown - 1)) shown -= 1;
  return shown === 0 ? null : { rest, tail, kept, shown: rest.slice(0, shown) };
}

/** Where `tail` stands in `rest`: at its end, or else unit by unit as early as possible. */
function places(rest: string, tail: string): number[] | null {
  if (rest.endsWith(tail)) return Array.from({ length: tail.length }, (_, index) => rest.length - tail.length + index);
  const found: number[] = [];
  for (const unit of tail.split("")) {
    const at = placeOf(rest, unit, (found.at(-1) ?? -1) + 1);
    if (at < 0) return null;
    found.push(at);
  }
  return found;
}

/** The first place of a unit; of a closing bracket, the first that closes nothing in `rest` itself. */
function placeOf(rest: string, unit: string, from: number): number {
  const opening = { ")": "(", "]": "[", "}": "{" }[unit];
  let depth = 0;
  for (let at = from; opening && at < rest.length; at++) {
    if (rest[at] === opening) depth += 1;
    else if (rest[at] === unit && depth-- === 0) return at;
  }
  return rest.indexOf(unit, from);
}

/** How many units of the tail stand in the first `length` of the rest. */
function keptWithin({ kept, tail }: Remainder, length: number): number {
  return kept ? kept.filter((at) => at < length).length : tail.length;
}

/** A server's items as suggestions for this state; only those that fit. */
export function suggestions(state: EditorState, items: InlineItem[]): Suggestion[] {
  const head = state.selection.main.head;
  return items
    .map((item) => {
      const inserted = typeof item.insertText === "string" ? item.insertText : item.insertText.value;
      const from = item.range ? offsetAt(state.doc, item.range.start) : head;
      const to = item.range ? offsetAt(state.doc, item.range.end) : head;
      return { item, from, to, text: inserted.replace(/\r\n?/g, "\n") };
    })
    .filter((suggestion) => remainder(state, suggestion) !== null);
}

export function currentGhost(state: EditorState): Ghost | null {
  return state.field(ghostField, false) ?? null;
}

export function currentSuggestion(state: EditorState): Suggestion | null {
  const ghost = currentGhost(state);
  return ghost?.alternatives[ghost.index] ?? null;
}

/** What would be drawn for a suggestion. */
export function ghostOf(state: EditorState, suggestion: Suggestion): string {
  return remainder(state, suggestion)?.shown ?? "";
}

/** What is drawn now. */
export function ghostTextOf(state: EditorState): string {
  const suggestion = currentSuggestion(state);
  return suggestion ? ghostOf(state, suggestion) : "";
}

export function showGhost(view: EditorView, ghost: Ghost | null): void {
  if (ghost === null && currentGhost(view.state) === null) return;
  const effects: StateEffect<unknown>[] = [setGhost.of(ghost)];
  const suggestion = ghost?.alternatives[ghost.index];
  const below = suggestion ? ghostOf(view.state, suggestion).split("\n").length - 1 : 0;
  if (below > 0) {
    // Lines that nobody sees are no suggestion.
    const yMargin = Math.min((below + 1) * view.defaultLineHeight, view.scrollDOM.clientHeight / 2);
    effects.push(EditorView.scrollIntoView(view.state.selection.main.head, { yMargin }));
  }
  view.dispatch({ effects });
}

// Drawing

/** Grey text; only what is not blank gets the tint. */
function ghostSpan(text: string): HTMLElement {
  const span = document.createElement("span");
  span.className = "cm-ghost";
  const ink = document.createElement("span");
  ink.className = "cm-ghost-ink";
  const indent = /^\s*/.exec(text)?.[0] ?? "";
  ink.textContent = text.slice(indent.length);
  span.append(indent, ink);
  return span;
}

class InlineGhost extends WidgetType {
  constructor(readonly text: string) {
    super();
  }

  override eq(other: InlineGhost): boolean {
    return other.text === this.text;
  }

  toDOM(): HTMLElement {
    const span = ghostSpan(this.text);
    span.setAttribute("aria-hidden", "true");
    return span;
  }

  override ignoreEvent(): boolean {
    return false;
  }
}

/** The lines below the cursor's; `moved` is document text that will stand behind them. */
class BlockGhost extends WidgetType {
  constructor(
    readonly lines: string[],
    readonly moved: string,
  ) {
    super();
  }

  override eq(other: BlockGhost): boolean {
    return other.moved === this.moved && other.lines.join("\n") === this.lines.join("\n");
  }

  toDOM(): HTMLElement {
    const block = document.createElement("div");
    block.className = "cm-ghost-block";
    block.setAttribute("aria-hidden", "true");
    this.lines.forEach((text, index) => {
      const line = document.createElement("div");
      line.append(ghostSpan(text));
      if (index === this.lines.length - 1 && this.moved) line.append(this.moved);
      else if (text === "") line.append(document.createElement("br"));
      block.append(line);
    });
    return block;
  }

  override get estimatedHeight(): number {
    return this.lines.length * 21;
  }

  override ignoreEvent(): boolean {
    return false;
  }
}

const replaced = Decoration.mark({ class: "cm-ghost-replaced" });
const hidden = Decoration.replace({});

function draw(state: EditorState): DecorationSet {
  const suggestion = currentSuggestion(state);
  const rest = suggestion && remainder(state, suggestion);
  if (!rest) return Decoration.none;
  const head = state.selection.main.head;
  const end = state.doc.lineAt(head).to;
  const newline = rest.shown.indexOf("\n");
  const firstLine = newline < 0 ? rest.shown.length : newline;
  const marks: DecorationRange<Decoration>[] = inlinePieces(rest, firstLine).map(({ text, after }) =>
    Decoration.widget({ widget: new InlineGhost(text), side: 1 }).range(head + after),
  );
  if (!rest.kept && rest.tail) marks.push(replaced.range(head, head + rest.tail.length));
  if (newline >= 0) {
    // What stands behind goes to the end of the last line, as it will when this is taken.
    const hiddenFrom = head + keptWithin(rest, firstLine);
    const moved = state.doc.sliceString(head + keptWithin(rest, rest.shown.length), end);
    if (hiddenFrom < end) marks.push(hidden.range(hiddenFrom, end));
    const widget = new BlockGhost(rest.shown.slice(newline + 1).split("\n"), moved);
    marks.push(Decoration.widget({ widget, side: 1, block: true }).range(end));
  }
  return Decoration.set(marks, true);
}

/** The first line's grey text, cut where units of the document stand in between; `after` counts them. */
function inlinePieces({ shown, kept }: Remainder, end: number): { text: string; after: number }[] {
  const stops = [...(kept ?? []).filter((at) => at < end), end];
  const pieces = stops.map((stop, after) => ({ text: shown.slice(after === 0 ? 0 : (stops[after - 1] ?? 0) + 1, stop), after }));
  return pieces.filter(({ text }) => text !== "");
}

// Taking

/** The server says how far a word and a line go; of what was typed since, nothing is known but the text. */
function partLength(suggestion: Suggestion, rest: Remainder, head: number, extent: "word" | "line"): number {
  const next = suggestion.from === head ? suggestion.item._interline?.next : undefined;
  return next?.[extent] ?? (extent === "word" ? wordLength : lineLength)(rest.shown);
}

/** How much of `ghost` a word is: blanks, then letters and digits, or else one run of signs. */
export function wordLength(ghost: string): number {
  return /^\s*(?:[\p{L}\p{N}_]+|[^\s\p{L}\p{N}_]+|$)/u.exec(ghost)?.[0].length || ghost.length;
}

/** To the end of the first line that has something on it. */
export function lineLength(ghost: string): number {
  const start = /^\s*\n/.exec(ghost)?.[0].length ?? 0;
  const end = ghost.indexOf("\n", start);
  return end < 0 ? ghost.length : end;
}

/** Takes part of what is drawn; `false` when nothing is. */
export function take(view: EditorView, extent: Extent, events: GhostEvents): boolean {
  const suggestion = currentSuggestion(view.state);
  const rest = suggestion && remainder(view.state, suggestion);
  if (!suggestion || !rest) return false;
  const head = view.state.selection.main.head;
  const wanted = extent === "all" ? Infinity : partLength(suggestion, rest, head, extent);
  // A part can be taken only where the rest stays as it is drawn.
  const whole = !rest.kept || wanted >= rest.shown.length;
  const length = whole ? rest.rest.length : wanted;
  const kept = whole ? rest.tail.length : keptWithin(rest, length);
  const change = { from: head, to: head + kept, insert: rest.rest.slice(0, length) };
  const end = head + length;
  view.dispatch({
    changes: change,
    selection: EditorSelection.cursor(end),
    ...(whole ? { effects: setGhost.of(null) } : {}),
    annotations: [isolateHistory.of("full"), taking.of(true)],
    userEvent: "input.complete",
    scrollIntoView: true,
  });
  events.taken(suggestion, whole ? "all" : extent, end - suggestion.from, length - kept);
  return true;
}

export function dismiss(view: EditorView, events: GhostEvents): boolean {
  const suggestion = currentSuggestion(view.state);
  if (!suggestion) return false;
  showGhost(view, null);
  events.dismissed(suggestion);
  return true;
}

function cycle(view: EditorView, by: number, events: GhostEvents): boolean {
  const ghost = currentGhost(view.state);
  if (!ghost) return false;
  if (ghost.alternatives.length === 1) {
    // The server looks for several only when it is asked for by hand.
    events.asked();
    return true;
  }
  const count = ghost.alternatives.length;
  const next = { ...ghost, index: (ghost.index + by + count) % count };
  showGhost(view, next);
  events.cycled(next);
  return true;
}

/** The field, its drawing and its keys. */
export function ghostText(events: GhostEvents): Extension {
  const keys = keymap.of([
    { key: "Tab", run: (view) => take(view, "all", events) },
    { key: "Mod-ArrowRight", run: (view) => take(view, "word", events) },
    { key: "Mod-Shift-ArrowRight", run: (view) => take(view, "line", events) },
    { key: "Escape", run: (view) => dismiss(view, events) },
    { key: "Alt-]", run: (view) => cycle(view, 1, events) },
    { key: "Alt-[", run: (view) => cycle(view, -1, events) },
    { key: "Alt-\\", run: () => (events.asked(), true) },
  ]);
  return [ghostField, Prec.highest(keys)];
}
