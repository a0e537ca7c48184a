// The panel: what is suggested, how sure, from where, how fast; or why nothing is.

import { byId, h } from "./dom";
import type { Extent } from "./ghost";
import { alt, modifier } from "./keys";
import { sentence } from "./repository";
import type { Explanation, InlineItem, ListFacts } from "./wire";

export type Outcome =
  | { kind: "idle" }
  | { kind: "asking" }
  | { kind: "failed"; message: string }
  | { kind: "nothing"; facts: ListFacts | undefined; roundTripMs: number }
  | {
      kind: "suggestion";
      text: string;
      item: InlineItem;
      index: number;
      count: number;
      roundTripMs: number;
      /** The ask, for its steps. */
      ask: string | undefined;
      fate: "shown" | "taken" | "dismissed" | "gone";
    };

export interface WhyEvents {
  take(extent: Extent): void;
  dismiss(): void;
  openAt(path: string, line: number): void;
  explain(id: string): Promise<Explanation | null>;
}

/** Sources by code: a name, and what it means. */
const SOURCES: Record<string, [string, string]> = {
  engine: ["engine", "worked out for this request"],
  "type-through": ["type-through", "what is left of the last suggestion; the engine was not asked"],
  cache: ["cache", "an earlier answer fitted; the engine was not asked"],
  "in-flight": ["in flight", "an earlier request was still being answered and fitted"],
  speculation: ["speculation", "worked out ahead, while you were reading the one before"],
};

/** Sources that cost the engine nothing for this request. */
export const REUSED = new Set(["type-through", "cache", "in-flight", "speculation"]);

const FATES = { shown: "shown", taken: "accepted", dismissed: "dismissed", gone: "typed past" };

export class WhyPanel {
  private outcome: Outcome = { kind: "idle" };
  private readonly body: HTMLElement;
  private readonly counters: HTMLElement;
  /** Whether the steps are open, from one suggestion to the next. */
  private stepsOpen = false;

  constructor(private readonly events: WhyEvents) {
    this.body = h("div", { class: "why-body", id: "why-body" });
    this.counters = h("dl", { class: "counters", id: "counters" });
    byId("why").append(
      h("h2", {}, "Why this suggestion"),
      this.body,
      h("h2", { class: "session" }, "This session"),
      this.counters,
    );
    this.render();
  }

  show(outcome: Outcome): void {
    this.outcome = outcome;
    this.render();
  }

  /** What became of the suggestion that is described. */
  fate(fate: "taken" | "dismissed" | "gone"): void {
    if (this.outcome.kind === "suggestion" && this.outcome.fate === "shown") this.show({ ...this.outcome, fate });
  }

  count(values: Counters): void {
    const rows: [string, string, number][] = [
      ["requests", "Requests", values.requests],
      ["cancelled", "Cancelled", values.cancelled],
      ["reused", "Reused", values.reused],
      ["accepted", "Accepted", values.accepted],
      ["saved", "Characters saved", values.saved],
    ];
    this.counters.replaceChildren(
      ...rows.map(([id, label, value]) =>
        h("div", {}, h("dt", {}, label), h("dd", { id: `count-${id}` }, value.toLocaleString("en"))),
      ),
    );
  }

  private render(): void {
    const { outcome } = this;
    this.body.dataset.kind = outcome.kind;
    switch (outcome.kind) {
      case "idle":
        this.body.replaceChildren(
          h("p", {}, "Type in the editor, or press ", h("b", {}, "Show me"), ". Here you then see"),
          h(
            "ul",
            { class: "quiet" },
            h("li", {}, "what is suggested, and how sure Interline is of it,"),
            h("li", {}, "which place in this repository it was drawn from,"),
            h("li", {}, "how long it took, step by step,"),
            h("li", {}, "and, when nothing is suggested, why."),
          ),
        );
        break;
      case "asking":
        this.body.replaceChildren(h("p", { class: "quiet" }, "Asking…"));
        break;
      case "failed":
        this.body.replaceChildren(h("p", { class: "reason" }, "The request failed."), h("p", { class: "quiet" }, outcome.message));
        break;
      case "nothing":
        this.body.replaceChildren(...this.nothing(outcome));
        break;
      case "suggestion":
        this.body.replaceChildren(...this.suggestion(outcome));
    }
  }

  private nothing({ facts, roundTripMs }: Extract<Outcome, { kind: "nothing" }>): HTMLElement[] {
    const rows: [string, Node | string][] = [];
    if (facts?.reason) rows.push(["Reason", h("code", {}, facts.reason)]);
    rows.push(...times(facts?.timing_us, roundTripMs));
    return [
      h("p", { class: "reason", id: "why-reason" }, h("strong", {}, "Nothing shown. "), sentence(facts?.explanation ?? "the server gave no reason")),
      table(rows),
      ...this.steps(facts?.id),
    ];
  }

  private suggestion(outcome: Extract<Outcome, { kind: "suggestion" }>): HTMLElement[] {
    const { text, item, index, count, roundTripMs, fate, ask } = outcome;
    const facts = item._interline;
    const rows: [string, Node | string][] = [];
    if (facts) {
      const [name, meaning] = SOURCES[facts.source] ?? [facts.source, ""];
      rows.push(["Source", h("span", { id: "why-source" }, h("span", { class: `source ${facts.source}` }, name), meaning ? ` ${meaning}` : "")]);
    }
    if (facts?.origin) {
      const { path, line } = facts.origin;
      const button = h("button", { type: "button", class: "origin", id: "why-origin", title: "Open it", on: { click: () => this.events.openAt(path, line) } }, `${path}:${line}`);
      rows.push(["Like", button]);
    }
    for (const { kind, text } of facts?.remarks ?? []) rows.push(["Remark", h("span", { class: `remark ${kind}` }, text)]);
    rows.push(...times(facts?.timing_us, roundTripMs));
    const hint = count > 1 ? [h("kbd", {}, alt), " ", h("kbd", {}, "]"), " for the next"] : [h("kbd", {}, alt), " ", h("kbd", {}, "\\"), " looks for more"];
    rows.push(["Alternative", h("span", {}, h("span", { id: "why-alternatives" }, `${index + 1} of ${count}`), h("span", { class: "quiet" }, " · ", ...hint))]);
    return [
      h("div", { class: "snippet" }, h("pre", { id: "why-text", tabindex: "0", "aria-label": "Text of the suggestion" }, text), h("span", { class: `fate ${fate}`, id: "why-fate" }, FATES[fate])),
      this.actions(fate === "shown"),
      ...(facts ? [confidence(facts.probability)] : []),
      table(rows),
      ...this.steps(ask),
    ];
  }

  private actions(possible: boolean): HTMLElement {
    const button = (id: string, label: string, keys: string, run: () => void): HTMLElement =>
      h(
        "button",
        {
          type: "button",
          id,
          title: keys,
          disabled: !possible,
          on: {
            // The editor keeps the focus.
            mousedown: (event) => event.preventDefault(),
            click: run,
          },
        },
        label,
      );
    return h(
      "div",
      { class: "actions", role: "group", "aria-label": "The suggestion" },
      button("take-all", "Accept", "Tab", () => this.events.take("all")),
      button("take-word", "Word", `${modifier} →`, () => this.events.take("word")),
      button("take-line", "Line", `${modifier} Shift →`, () => this.events.take("line")),
      button("take-none", "Dismiss", "Esc", () => this.events.dismiss()),
    );
  }

  private steps(id: string | undefined): HTMLElement[] {
    if (!id) return [];
    const list = h("ol", { class: "steps" });
    const details = h("details", { open: this.stepsOpen }, h("summary", {}, "Step by step"), list);
    const load = async (): Promise<void> => {
      try {
        const explanation = await this.events.explain(id);
        const steps = explanation?.steps ?? [];
        list.replaceChildren(
          ...steps.map(({ atUs, stage, detail }) =>
            h("li", {}, h("span", { class: "at" }, micros(atUs)), h("span", { class: "stage" }, stage), h("span", {}, detail)),
          ),
        );
        if (steps.length === 0) list.replaceChildren(h("li", { class: "quiet" }, "No steps were recorded."));
      } catch {
        list.replaceChildren(h("li", { class: "quiet" }, "The server no longer knows them."));
      }
    };
    if (this.stepsOpen) void load();
    details.addEventListener("toggle", () => {
      if (details.open && !this.stepsOpen) void load();
      this.stepsOpen = details.open;
    });
    return [details];
  }
}

/** What the session has counted. */
export interface Counters {
  requests: number;
  cancelled: number;
  reused: number;
  accepted: number;
  saved: number;
}

function confidence(probability: number): HTMLElement {
  const percent = Math.round(probability * 100);
  const bar = h("span", { class: "bar" });
  bar.style.setProperty("--value", `${percent}%`);
  const meter = h(
    "div",
    { class: "meter", role: "meter", "aria-label": "Confidence", "aria-valuemin": 0, "aria-valuemax": 100, "aria-valuenow": percent },
    bar,
  );
  return h("div", { class: "confidence", id: "why-confidence" }, h("span", {}, "Confidence"), meter, h("output", {}, `${percent}%`));
}

function times(serverUs: number | undefined, roundTripMs: number): [string, Node][] {
  const rows: [string, Node][] = [];
  if (serverUs !== undefined) rows.push(["Server", h("span", { id: "why-server" }, micros(serverUs))]);
  rows.push(["Round trip", h("span", { id: "why-round-trip" }, `${roundTripMs.toFixed(1)} ms`)]);
  return rows;
}

function micros(us: number): string {
  return us < 10_000 ? `${us.toLocaleString("en")} µs` : `${(us / 1000).toFixed(1)} ms`;
}

function table(rows: [string, Node | string][]): HTMLElement {
  return h("dl", { class: "facts" }, ...rows.flatMap(([label, value]) => [h("dt", {}, label), h("dd", {}, value)]));
}
