// What travels over the wire: LSP's structures as far as this client uses them, and what Interline adds
// to an inline completion under `_interline`.

export interface Position {
  line: number;
  /** UTF-16 code units. */
  character: number;
}

export interface Range {
  start: Position;
  end: Position;
}

export interface ContentChange {
  range: Range;
  text: string;
}

export interface Command {
  title: string;
  command: string;
  arguments?: unknown[];
}

export interface InlineItem {
  insertText: string | { kind: "snippet"; value: string };
  range?: Range;
  command?: Command;
  _interline?: ItemFacts;
}

/** Where a suggestion came from. */
export interface ItemFacts {
  id: string;
  probability: number;
  source: string;
  origin?: { path: string; line: number };
  /** How much of the text its next word and line are, in UTF-16 units; only when the range starts at the cursor. */
  next?: { word: number; line: number };
  /** What is to be known of it before it is taken. */
  remarks?: { kind: string; text: string }[];
  timing_us: number;
}

export interface InlineList {
  items: InlineItem[];
  _interline?: ListFacts;
}

/** The answer as a whole; the reason when it is empty. */
export interface ListFacts {
  id: string;
  reason?: string;
  explanation?: string;
  timing_us: number;
}

/** `$/progress` of a work-done token. */
export interface ProgressValue {
  kind: "begin" | "report" | "end";
  title?: string;
  message?: string;
  percentage?: number;
}

/** The answer to `interline/explain`. */
export interface Explanation {
  steps: { atUs: number; stage: string; detail: string }[];
}

/** The answer to `interline/status`, as far as the page shows it. */
export interface ServerStatus {
  repositories: {
    engine: string | null;
    state: { kind: "opening" } | { kind: "ready"; tookUs: number } | { kind: "failed"; why: string };
  }[];
}

/** LSP's trigger kinds. */
export const INVOKED = 1;
export const AUTOMATIC = 2;
