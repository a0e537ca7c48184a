// CodeMirror's changes and offsets as LSP's.

import type { ChangeSet, Text } from "@codemirror/state";

import type { ContentChange, Position } from "./wire";

export function positionAt(doc: Text, offset: number): Position {
  const line = doc.lineAt(offset);
  return { line: line.number - 1, character: offset - line.from };
}

/** Clamps what lies outside, as LSP asks. */
export function offsetAt(doc: Text, position: Position): number {
  if (position.line >= doc.lines) return doc.length;
  const line = doc.line(position.line + 1);
  return Math.min(line.from + position.character, line.to);
}

/** Half a character cannot be written in UTF-8, and a message that holds one is refused; its width stays. */
export function wellFormed(text: Text): string {
  return text.toString().replace(/\p{Surrogate}/gu, "\ufffd");
}

/**
 * One change each, last first: LSP applies them one after the other, and so each range is still
 * about the text that `before` is.
 */
export function contentChanges(changes: ChangeSet, before: Text): ContentChange[] {
  const result: ContentChange[] = [];
  changes.iterChanges((from, to, _newFrom, _newTo, inserted) => {
    result.push({
      range: { start: positionAt(before, from), end: positionAt(before, to) },
      text: wellFormed(inserted),
    });
  });
  return result.reverse();
}
