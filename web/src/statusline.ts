// The line at the bottom: connection, what is being indexed, the engine, figures, the cursor.

import { byId, h } from "./dom";

export type Link =
  | { kind: "connecting" }
  | { kind: "connected" }
  | { kind: "down"; retryIn: number; reason: string };

export interface Work {
  title: string;
  message: string;
  percentage: number | null;
}

export class StatusLine {
  private readonly link = h("span", { id: "status-link", class: "link-state", role: "status" });
  private readonly work = h("span", { id: "status-work", class: "work" });
  private readonly engine = h("span", { id: "status-engine" });
  private readonly facts = h("span", { id: "status-facts", class: "facts" });
  private readonly place = h("span", { id: "status-place", class: "place" });

  constructor(private readonly retry: () => void) {
    byId("status").append(this.link, this.work, this.engine, this.facts, h("span", { class: "grow" }), this.place);
    this.setLink({ kind: "connecting" });
  }

  setLink(link: Link): void {
    this.link.dataset.kind = link.kind;
    const dot = h("span", { class: "dot", "aria-hidden": "true" });
    if (link.kind !== "down") {
      this.link.replaceChildren(dot, link.kind === "connected" ? "connected" : "connecting…");
      return;
    }
    const seconds = Math.max(1, Math.round(link.retryIn / 1000));
    this.link.replaceChildren(
      dot,
      `no connection${link.reason ? `: ${link.reason}` : ""}, next try in ${seconds} s `,
      h("button", { type: "button", class: "link", on: { click: this.retry } }, "try now"),
    );
  }

  setWork(works: Work[]): void {
    this.work.replaceChildren(
      ...works.map(({ title, message, percentage }) => {
        const label = [title, message].filter(Boolean).join(": ");
        const bar = h("progress", { "aria-label": label, max: 100, ...(percentage === null ? {} : { value: percentage }) });
        return h("span", {}, bar, label);
      }),
    );
  }

  setEngine(text: string, failed = false): void {
    this.engine.textContent = text;
    this.engine.className = failed ? "failed" : "";
  }

  setFacts(facts: { label: string; value: string }[]): void {
    this.facts.replaceChildren(...facts.map(({ label, value }) => h("span", {}, `${label} `, h("b", {}, value))));
  }

  setPlace(text: string): void {
    this.place.textContent = text;
  }
}
