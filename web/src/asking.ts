// When to ask the server, and what becomes of its answers.
//
// Every change asks at once and cancels the question before it: waiting for the typist to pause is the
// server's business. An answer counts only if nothing has changed since it was asked for.

import { indentUnit } from "@codemirror/language";
import type { EditorView } from "@codemirror/view";

import type { LanguageClient, OpenDocument } from "./client";
import { type Ghost, ghostOf, ghostTextOf, showGhost, suggestions } from "./ghost";
import { ConnectionLost, REQUEST_CANCELLED, RpcError } from "./rpc";
import type { InlineList } from "./wire";

/** An answer with how long it took from here. */
export interface Answer {
  list: InlineList;
  roundTripMs: number;
}

export interface AskingEvents {
  requested(): void;
  cancelled(): void;
  answered(answer: Answer, ghost: Ghost | null): void;
  failed(message: string): void;
}

export class Asking {
  private current: { id: number; version: number } | null = null;

  constructor(
    private readonly view: EditorView,
    private readonly client: LanguageClient,
    private readonly events: AskingEvents,
  ) {}

  ask(document: OpenDocument, invoked: boolean): void {
    this.abandon();
    const { state } = this.view;
    const oneCursor = state.selection.ranges.length === 1 && state.selection.main.empty;
    if (!this.client.ready || !oneCursor) return;
    const unit = state.facet(indentUnit);
    const asked = performance.now();
    const { id, answer } = this.client.inlineCompletion(
      document,
      state.selection.main.head,
      invoked,
      unit === "\t" ? state.tabSize : unit.length,
      unit !== "\t",
    );
    const current = { id, version: document.version };
    this.current = current;
    this.events.requested();
    answer.then(
      (list) => {
        if (this.current !== current) return;
        this.current = null;
        this.show({ list, roundTripMs: performance.now() - asked });
      },
      (error: Error) => {
        if (this.current !== current) return;
        this.current = null;
        const expected = error instanceof ConnectionLost || (error instanceof RpcError && error.code === REQUEST_CANCELLED);
        if (!expected) this.events.failed(error.message);
      },
    );
  }

  /** Nobody waits for the last question any more. */
  abandon(): void {
    if (!this.current) return;
    this.client.cancel(this.current.id);
    this.current = null;
    this.events.cancelled();
  }

  private show(answer: Answer): void {
    const { state } = this.view;
    const alternatives = suggestions(state, answer.list.items);
    // Someone who looks at the second alternative goes on looking at it.
    const before = ghostTextOf(state);
    const same = alternatives.findIndex((suggestion) => ghostOf(state, suggestion) === before);
    const ghost = alternatives.length > 0 ? { alternatives, index: Math.max(same, 0) } : null;
    showGhost(this.view, ghost);
    this.events.answered(answer, ghost);
  }
}
