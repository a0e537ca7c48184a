// The file tree: folders that open, a filter, arrow keys as in any tree.

import { byId, h, icon } from "./dom";

interface Folder {
  path: string;
  folders: Map<string, Folder>;
  files: string[];
}

/** No list on the page gets longer than this; the filter finds the rest. */
const MOST_ROWS = 500;

export class FileTree {
  private root: Folder = { path: "", folders: new Map(), files: [] };
  private paths: string[] = [];
  private truncated = false;
  private readonly opened = new Set<string>([""]);
  private active: string | null = null;
  /** The row that Tab reaches. */
  private focused: string | null = null;
  private readonly tree = byId("tree");
  private readonly filter = byId<HTMLInputElement>("filter");

  constructor(private readonly open: (path: string) => void) {
    this.filter.addEventListener("input", () => this.render());
    this.filter.addEventListener("keydown", (event) => this.filterKey(event));
    this.tree.addEventListener("keydown", (event) => this.treeKey(event));
  }

  setFiles(paths: string[], truncated: boolean): void {
    this.paths = paths;
    this.truncated = truncated;
    this.root = { path: "", folders: new Map(), files: [] };
    for (const path of paths) this.insert(path);
    this.render();
  }

  failed(message: string): void {
    this.tree.replaceChildren(h("p", { class: "none" }, message));
  }

  /** Marks the open file and opens the folders above it. */
  setActive(path: string | null): void {
    this.active = path;
    this.focused = path;
    for (let at = path?.lastIndexOf("/") ?? -1; at > 0; at = path?.lastIndexOf("/", at - 1) ?? -1) {
      this.opened.add(path?.slice(0, at) ?? "");
    }
    this.render();
    this.tree.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" });
  }

  private insert(path: string): void {
    const parts = path.split("/");
    let folder = this.root;
    for (const name of parts.slice(0, -1)) {
      let next = folder.folders.get(name);
      if (!next) {
        next = { path: folder.path ? `${folder.path}/${name}` : name, folders: new Map(), files: [] };
        folder.folders.set(name, next);
      }
      folder = next;
    }
    folder.files.push(path);
  }

  private render(): void {
    const query = this.filter.value.trim().toLowerCase();
    const rows: HTMLElement[] = [];
    if (query) this.found(query, rows);
    else this.rows(this.root, 1, rows);
    const cut = rows.length > MOST_ROWS;
    if (cut) rows.length = MOST_ROWS;
    const reachable = rows.find((row) => row.dataset.path === this.focused) ?? rows[0];
    if (reachable) reachable.tabIndex = 0;
    const list = h("div", { role: "tree", "aria-label": "Files" });
    list.append(...rows);
    const notes: string[] = [];
    if (rows.length === 0) notes.push(query ? "No file is called that." : "This repository has no text files that may be shown.");
    if (cut) notes.push(`Only the first ${MOST_ROWS} are listed: type above to find the others.`);
    if (this.truncated) notes.push("The repository has more files than are listed here.");
    this.tree.replaceChildren(list, ...notes.map((note) => h("p", { class: "none" }, note)));
  }

  private rows(folder: Folder, level: number, rows: HTMLElement[]): void {
    const folders = [...folder.folders].sort(([a], [b]) => a.localeCompare(b));
    for (const [name, inner] of folders) {
      if (rows.length > MOST_ROWS) return;
      // A folder that only holds a folder is one row.
      let label = name;
      let shown = inner;
      while (shown.files.length === 0 && shown.folders.size === 1) {
        const [only] = shown.folders;
        if (!only) break;
        label += `/${only[0]}`;
        shown = only[1];
      }
      const expanded = this.opened.has(shown.path);
      rows.push(this.folderRow(shown.path, label, level, expanded));
      if (expanded) this.rows(shown, level + 1, rows);
    }
    for (const path of folder.files) {
      if (rows.length > MOST_ROWS) return;
      rows.push(this.fileRow(path, [path.slice(path.lastIndexOf("/") + 1)], level));
    }
  }

  private folderRow(path: string, label: string, level: number, expanded: boolean): HTMLElement {
    const row = h(
      "div",
      {
        role: "treeitem",
        class: "row folder",
        "aria-level": level,
        "aria-expanded": expanded,
        tabindex: -1,
        title: path,
        on: { click: () => this.toggle(path) },
      },
      icon("chevron"),
      h("span", {}, label),
    );
    row.dataset.path = path;
    row.style.setProperty("--level", String(level));
    return row;
  }

  private fileRow(path: string, label: (string | Node)[], level: number): HTMLElement {
    const row = h(
      "div",
      {
        role: "treeitem",
        class: "row file",
        "aria-level": level,
        "aria-selected": path === this.active,
        tabindex: -1,
        title: path,
        on: { click: () => this.open(path) },
      },
      h("span", {}, ...label),
    );
    row.dataset.path = path;
    row.style.setProperty("--level", String(level));
    return row;
  }

  /** Paths that hold the query, those with it in the name first. */
  private found(query: string, rows: HTMLElement[]): void {
    const matches = this.paths
      .map((path) => ({ path, at: path.toLowerCase().lastIndexOf(query) }))
      .filter(({ at }) => at >= 0)
      .sort((a, b) => Number(b.at > b.path.lastIndexOf("/")) - Number(a.at > a.path.lastIndexOf("/")) || a.path.length - b.path.length);
    for (const { path, at } of matches.slice(0, MOST_ROWS + 1)) {
      const end = at + query.length;
      rows.push(this.fileRow(path, [path.slice(0, at), h("mark", {}, path.slice(at, end)), path.slice(end)], 1));
    }
  }

  private toggle(path: string): void {
    if (!this.opened.delete(path)) this.opened.add(path);
    this.focused = path;
    this.render();
    this.focusRow(path);
  }

  private focusRow(path: string): void {
    this.allRows().find((row) => row.dataset.path === path)?.focus();
  }

  private allRows(): HTMLElement[] {
    return [...this.tree.querySelectorAll<HTMLElement>(".row")];
  }

  private filterKey(event: KeyboardEvent): void {
    if (event.key === "ArrowDown") {
      event.preventDefault();
      this.allRows()[0]?.focus();
    } else if (event.key === "Enter") {
      this.allRows()[0]?.click();
    } else if (event.key === "Escape" && this.filter.value) {
      this.filter.value = "";
      this.render();
    }
  }

  private treeKey(event: KeyboardEvent): void {
    const rows = this.allRows();
    const at = rows.indexOf(document.activeElement as HTMLElement);
    const row = rows[at];
    if (!row) return;
    const path = row.dataset.path ?? "";
    const expanded = row.getAttribute("aria-expanded");
    const parent = rows.slice(0, at).findLast((other) => Number(other.ariaLevel) < Number(row.ariaLevel));
    const actions: Record<string, () => void> = {
      ArrowDown: () => rows[at + 1]?.focus(),
      ArrowUp: () => (rows[at - 1] ?? this.filter).focus(),
      Home: () => rows[0]?.focus(),
      End: () => rows.at(-1)?.focus(),
      Enter: () => row.click(),
      " ": () => row.click(),
      ArrowRight: () => (expanded === "false" ? this.toggle(path) : expanded === "true" && rows[at + 1]?.focus()),
      ArrowLeft: () => (expanded === "true" ? this.toggle(path) : parent?.focus()),
    };
    const action = actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  }
}
