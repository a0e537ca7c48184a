// The page: puts the parts together and carries what one says to the others.
//
// The page is an editor's client and holds no logic of completion: it says what was typed, draws what is
// answered, and reports what became of it.

import type { EditorState, Text } from "@codemirror/state";
import type { ViewUpdate } from "@codemirror/view";

import { type Answer, Asking } from "./asking";
import { LanguageClient, type OpenDocument } from "./client";
import { Demo } from "./demo";
import { byId, h } from "./dom";
import { Editor } from "./editor";
import { currentSuggestion, type Extent, type Ghost, ghostOf, type Suggestion, taking } from "./ghost";
import { modifier, shortcuts } from "./keys";
import { grammar } from "./languages";
import { fileUri, type Overview, Repository } from "./repository";
import { StatusLine, type Work } from "./statusline";
import { renderTabs } from "./tabs";
import { setUpTheme } from "./theme";
import { FileTree } from "./tree";
import { type Counters, REUSED, WhyPanel } from "./why";

/** An open file. */
interface Buffer {
  path: string;
  document: OpenDocument;
  /** What is on disk. */
  original: Text;
  /** The state while it is not the one that is shown. */
  state: EditorState;
  grammarSet: boolean;
}

/** Asking takes a moment; the panel says so only when it is a long one. */
const ASKING_AFTER_MS = 200;

/** Between two looks at an engine that is not ready. */
const STATUS_AGAIN_MS = 500;

const DISCONNECTED = "Suggestions pause until Interline is connected; your edits in this page are kept.";

class Page {
  private readonly token = new URLSearchParams(location.search).get("token") ?? "";
  private readonly repository = new Repository(this.token);
  private readonly buffers = new Map<string, Buffer>();
  private active: Buffer | null = null;
  private readonly counters: Counters = { requests: 0, cancelled: 0, reused: 0, accepted: 0, saved: 0 };
  private readonly work = new Map<string, Work>();
  private roundTripMs = 0;
  private ask: string | undefined;
  private statusTimer: ReturnType<typeof setTimeout> | undefined;
  private askingTimer: ReturnType<typeof setTimeout> | undefined;

  private readonly status = new StatusLine(() => this.client?.connect());
  private readonly tree = new FileTree((path) => void this.open(path));
  private readonly why = new WhyPanel({
    take: (extent) => this.editor.take(extent),
    dismiss: () => this.editor.dismiss(),
    openAt: (path, line) => void this.open(path, line),
    explain: (id) => this.client?.explain(id) ?? Promise.resolve(null),
  });
  private readonly editor: Editor;
  private readonly demo: Demo;
  private overview: Overview | null = null;
  private client: LanguageClient | null = null;
  private asking: Asking | null = null;

  constructor() {
    const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? "";
    this.editor = new Editor(byId("editor"), nonce, {
      updated: (update) => this.updated(update),
      taken: (suggestion, extent, length, inserted) => this.taken(suggestion, extent, length, inserted),
      dismissed: () => {
        this.asking?.abandon();
        this.why.fate("dismissed");
      },
      cycled: (ghost) => this.describe(ghost),
      asked: () => this.active && this.asking?.ask(this.active.document, true),
    });
    this.demo = new Demo(this.editor.view, (text) => announce(text));
    this.why.count(this.counters);
    this.showEditor(false);
  }

  async start(): Promise<void> {
    setUpTheme();
    this.setUpButtons();
    try {
      this.overview = await this.repository.overview();
    } catch (error) {
      this.alert((error as Error).message);
      this.empty("The repository could not be loaded.");
      return;
    }
    const { name, root, version, facts, open } = this.overview;
    byId("repository-name").textContent = name;
    document.title = `${name} · Interline playground`;
    this.status.setFacts(facts);
    this.connect(fileUri(root, "").replace(/\/$/, ""), name, version);
    await Promise.all([this.listFiles(), open === null ? undefined : this.open(open, 1, true)]);
    if (!this.active) this.empty("Choose a file on the left to try Interline on it.");
  }

  private connect(rootUri: string, name: string, version: string): void {
    const address = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`;
    this.client = new LanguageClient(address, ["interline.lsp", `token.${this.token}`], rootUri, name, version, {
      ready: () => {
        this.status.setLink({ kind: "connected" });
        this.alert(null);
        if (this.active) this.client?.focus(this.active.document.uri);
        void this.refreshStatus();
      },
      down: (retryIn, reason) => {
        this.status.setLink({ kind: "down", retryIn, reason });
        this.work.clear();
        this.status.setWork([]);
        this.alert(DISCONNECTED);
        // Gone, or back under another token: over HTTP it says which.
        this.repository.overview().catch((error: Error) => {
          if (!this.client?.ready) this.alert(`${error.message} ${DISCONNECTED}`);
        });
      },
      progress: (token, value) => {
        const before = this.work.get(token);
        if (value) {
          this.work.set(token, {
            title: value.title ?? before?.title ?? "",
            message: value.message ?? "",
            percentage: value.percentage ?? before?.percentage ?? null,
          });
        } else {
          this.work.delete(token);
          void this.refreshStatus();
        }
        this.status.setWork([...this.work.values()]);
      },
      message: (type, text) => {
        if (type <= 2) this.alert(text);
      },
    });
    this.asking = new Asking(this.editor.view, this.client, {
      requested: () => {
        this.count("requests");
        clearTimeout(this.askingTimer);
        this.askingTimer = setTimeout(() => this.why.show({ kind: "asking" }), ASKING_AFTER_MS);
      },
      cancelled: () => {
        this.count("cancelled");
        clearTimeout(this.askingTimer);
      },
      answered: (answer, ghost) => this.answered(answer, ghost),
      failed: (message) => {
        clearTimeout(this.askingTimer);
        this.why.show({ kind: "failed", message });
      },
    });
    this.client.connect();
  }

  private async listFiles(): Promise<void> {
    try {
      const { files, truncated } = await this.repository.files();
      this.tree.setFiles(files, truncated);
    } catch (error) {
      this.tree.failed((error as Error).message);
    }
  }

  private async refreshStatus(): Promise<void> {
    try {
      const [status, overview] = await Promise.all([this.client?.status(), this.repository.overview()]);
      this.status.setFacts(overview.facts);
      const repository = status?.repositories[0];
      if (repository?.state.kind === "failed") {
        this.status.setEngine("engine failed", true);
        this.alert(repository.state.why);
      } else if (repository?.state.kind === "ready") {
        this.status.setEngine(`${repository.engine ?? "no"} engine`);
      } else {
        this.status.setEngine("engine not ready");
        // It may become ready without a word: progress is told only to those who saw it begin.
        clearTimeout(this.statusTimer);
        this.statusTimer = setTimeout(() => void this.refreshStatus(), STATUS_AGAIN_MS);
      }
    } catch {
      // A lost connection is shown by its own event; the next `ready` asks again.
    }
  }

  // Files

  private async open(path: string, line?: number, first = false): Promise<void> {
    this.demo.stop();
    let buffer = this.buffers.get(path);
    if (!buffer) {
      try {
        buffer = await this.load(path);
      } catch (error) {
        this.alert(`${path} was not opened: ${(error as Error).message}`);
        return;
      }
    }
    this.show(buffer);
    const { doc } = this.editor.view.state;
    if (first) this.editor.view.dispatch({ selection: { anchor: 0 } });
    else if (line !== undefined) this.editor.reveal(doc.line(Math.min(Math.max(line, 1), doc.lines)).from);
    if (!first) this.editor.view.focus();
    document.body.classList.remove("files-open");
  }

  private async load(path: string): Promise<Buffer> {
    const { language, text } = await this.repository.file(path);
    const existing = this.buffers.get(path);
    if (existing) return existing;
    const state = this.editor.create(text);
    const buffer: Buffer = {
      path,
      original: state.doc,
      state,
      grammarSet: false,
      document: {
        uri: fileUri(this.overview?.root ?? "", path),
        language,
        version: 1,
        text: () => (this.active === buffer ? this.editor.view.state.doc : buffer.state.doc),
      },
    };
    this.buffers.set(path, buffer);
    this.client?.open(buffer.document);
    return buffer;
  }

  private show(buffer: Buffer): void {
    if (this.active !== buffer) {
      this.asking?.abandon();
      if (this.active) this.active.state = this.editor.view.state;
      this.active = buffer;
      this.editor.show(buffer.state);
      this.client?.focus(buffer.document.uri);
      void this.setGrammar(buffer);
    }
    this.alert(null);
    this.showEditor(true);
    this.tree.setActive(buffer.path);
    this.renderTabs();
    this.place();
  }

  private async setGrammar(buffer: Buffer): Promise<void> {
    if (buffer.grammarSet) return;
    const support = await grammar(buffer.document.language).catch(() => null);
    if (!support || this.active !== buffer) return;
    buffer.grammarSet = true;
    this.editor.setLanguage(support);
  }

  private close(path: string): void {
    const buffer = this.buffers.get(path);
    if (!buffer) return;
    const paths = [...this.buffers.keys()];
    const next = paths[paths.indexOf(path) + 1] ?? paths[paths.indexOf(path) - 1];
    this.buffers.delete(path);
    this.client?.close(buffer.document.uri);
    if (this.active !== buffer) return this.renderTabs();
    this.demo.stop();
    this.asking?.abandon();
    this.active = null;
    const neighbour = next === undefined ? undefined : this.buffers.get(next);
    if (neighbour) return this.show(neighbour);
    this.empty("Choose a file on the left to try Interline on it.");
    this.tree.setActive(null);
    this.renderTabs();
    this.place();
  }

  private revert(path: string): void {
    const buffer = this.buffers.get(path);
    if (!buffer) return;
    this.show(buffer);
    const { view } = this.editor;
    view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: buffer.original }, userEvent: "revert" });
    view.focus();
  }

  // What happens in the editor

  private updated(update: ViewUpdate): void {
    const buffer = this.active;
    if (!buffer) return;
    if (update.docChanged) {
      const wasEdited = edited(buffer, update.startState);
      this.client?.change(buffer.document, update.changes, update.startState.doc);
      if (edited(buffer, update.state) !== wasEdited) this.renderTabs();
      const had = currentSuggestion(update.startState);
      if (had && !currentSuggestion(update.state) && !update.transactions.some((tr) => tr.annotation(taking))) this.why.fate("gone");
      const own = update.transactions.some((tr) => ["input", "delete", "undo", "redo"].some((event) => tr.isUserEvent(event)));
      // Asked for after this update: the answer may come in the same turn and dispatch again.
      if (own) queueMicrotask(() => this.active === buffer && this.asking?.ask(buffer.document, false));
    } else if (update.selectionSet) {
      this.asking?.abandon();
      if (currentSuggestion(update.startState) && !currentSuggestion(update.state)) this.why.fate("gone");
    }
    if (update.docChanged || update.selectionSet) this.place();
  }

  private answered(answer: Answer, ghost: Ghost | null): void {
    clearTimeout(this.askingTimer);
    this.roundTripMs = answer.roundTripMs;
    this.ask = answer.list._interline?.id;
    if (!ghost) {
      this.why.show({ kind: "nothing", facts: answer.list._interline, roundTripMs: answer.roundTripMs });
      return;
    }
    const source = ghost.alternatives[ghost.index]?.item._interline?.source;
    if (source !== undefined && REUSED.has(source)) this.count("reused");
    this.describe(ghost);
  }

  /** A suggestion is on the screen: the panel, the screen reader and the server are told. */
  private describe(ghost: Ghost): void {
    const suggestion = ghost.alternatives[ghost.index];
    if (!suggestion) return;
    const text = ghostOf(this.editor.view.state, suggestion);
    this.client?.shown(suggestion.item);
    this.why.show({
      kind: "suggestion",
      text,
      item: suggestion.item,
      index: ghost.index,
      count: ghost.alternatives.length,
      roundTripMs: this.roundTripMs,
      ask: this.ask,
      fate: "shown",
    });
    announce(`Suggestion: ${text}`);
  }

  private taken(suggestion: Suggestion, extent: Extent, length: number, inserted: number): void {
    if (extent === "all") this.client?.accepted(suggestion.item);
    else this.client?.partiallyAccepted(suggestion.item, length);
    this.why.fate("taken");
    this.count("accepted");
    // One key was pressed for it.
    this.count("saved", Math.max(0, inserted - 1));
  }

  private count(counter: keyof Counters, by = 1): void {
    this.counters[counter] += by;
    this.why.count(this.counters);
  }

  // The rest of the page

  private renderTabs(): void {
    const tabs = [...this.buffers.values()].map((buffer) => ({ path: buffer.path, edited: edited(buffer, this.stateOf(buffer)) }));
    renderTabs(tabs, this.active?.path ?? null, {
      select: (path) => void this.open(path),
      close: (path) => this.close(path),
      revert: (path) => this.revert(path),
    });
  }

  private stateOf(buffer: Buffer): EditorState {
    return this.active === buffer ? this.editor.view.state : buffer.state;
  }

  private place(): void {
    const { view } = this.editor;
    const { head } = view.state.selection.main;
    const line = view.state.doc.lineAt(head);
    const column = [...line.text.slice(0, head - line.from)].length + 1;
    this.status.setPlace(this.active ? `${this.active.document.language}  ·  ${line.number}:${column}` : "");
  }

  private showEditor(visible: boolean): void {
    this.editor.view.dom.hidden = !visible;
    byId("empty").hidden = visible;
    byId("hint").hidden = !visible;
    byId<HTMLButtonElement>("show-me").disabled = !visible;
  }

  private empty(text: string): void {
    this.showEditor(false);
    byId("empty").replaceChildren(h("p", {}, text));
  }

  private alert(text: string | null): void {
    const box = byId("alert");
    box.hidden = text === null;
    box.replaceChildren(
      ...(text === null
        ? []
        : [text, h("button", { type: "button", class: "link", on: { click: () => this.alert(null) } }, "dismiss")]),
    );
  }

  private setUpButtons(): void {
    byId("hint").append(
      "Type anywhere: ",
      h("kbd", {}, "Tab"),
      " takes the grey text, ",
      h("kbd", {}, modifier),
      " ",
      h("kbd", {}, "→"),
      " a word of it, ",
      h("kbd", {}, "Esc"),
      " none of it. Edits stay in this page.",
    );
    byId("show-me").addEventListener("click", () => void this.demo.run());
    this.editor.view.dom.addEventListener("keydown", () => this.demo.stop());
    this.editor.view.dom.addEventListener("mousedown", () => this.demo.stop());
    const why = byId("toggle-why");
    why.addEventListener("click", () => {
      const closed = document.body.classList.toggle("why-closed");
      why.setAttribute("aria-expanded", String(!closed));
    });
    byId("toggle-files").addEventListener("click", () => document.body.classList.toggle("files-open"));
    const dialog = byId<HTMLDialogElement>("keys");
    const shut = h("button", { type: "button", class: "icon", "aria-label": "Close", on: { click: () => dialog.close() } }, "✕");
    dialog.append(
      h("header", {}, h("h2", {}, "Keyboard shortcuts"), shut),
      h(
        "dl",
        {},
        ...shortcuts.flatMap(({ keys, does }) => [h("dt", {}, ...keys.map((key) => h("kbd", {}, key))), h("dd", {}, does)]),
      ),
      h("p", { class: "quiet" }, "The editor is CodeMirror, under the MIT licence: ", h("a", { href: "/assets/licences.txt", target: "_blank" }, "its licences"), "."),
    );
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
    byId("toggle-keys").addEventListener("click", () => dialog.showModal());
  }
}

function edited(buffer: Buffer, state: EditorState): boolean {
  return !state.doc.eq(buffer.original);
}

function announce(text: string): void {
  byId("announce").textContent = text;
}

void new Page().start();
