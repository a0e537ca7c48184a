// The open files as tabs.

import { byId, h, icon } from "./dom";

export interface Tab {
  path: string;
  edited: boolean;
}

export interface TabEvents {
  select(path: string): void;
  close(path: string): void;
  revert(path: string): void;
}

export function renderTabs(tabs: Tab[], active: string | null, events: TabEvents): void {
  const bar = byId("tabs");
  const hadFocus = bar.contains(document.activeElement);
  bar.replaceChildren(...tabs.map((tab) => tabElement(tab, tab.path === active, tabs, events)));
  if (hadFocus) bar.querySelector<HTMLElement>('[aria-selected="true"]')?.focus();
  bar.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest", inline: "nearest" });
}

function tabElement(tab: Tab, selected: boolean, tabs: Tab[], events: TabEvents): HTMLElement {
  const name = tab.path.slice(tab.path.lastIndexOf("/") + 1);
  const folder = tab.path.slice(0, -name.length - 1);
  const button = h(
    "button",
    {
      type: "button",
      role: "tab",
      "aria-selected": selected,
      "aria-controls": "editor",
      tabindex: selected ? 0 : -1,
      title: tab.path,
      on: {
        click: () => events.select(tab.path),
        keydown: (event) => {
          const at = tabs.indexOf(tab);
          const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
          const next = tabs[(at + step + tabs.length) % tabs.length];
          if (step && next) events.select(next.path);
          if (event.key === "Delete") events.close(tab.path);
        },
      },
    },
    h("span", { class: "name" }, name),
    folder ? h("span", { class: "folder" }, folder) : null,
    tab.edited ? h("span", { class: "edited", title: "Edited in this page only; the file on disk is as it was" }, "edited") : null,
  );
  return h(
    "span",
    { class: selected ? "tab selected" : "tab", role: "presentation" },
    button,
    tab.edited
      ? h("button", { type: "button", class: "link", title: `Undo every edit of ${name}`, on: { click: () => events.revert(tab.path) } }, "revert")
      : null,
    h(
      "button",
      { type: "button", class: "close", "aria-label": `Close ${name}`, on: { click: () => events.close(tab.path) } },
      icon("close"),
    ),
  );
}
