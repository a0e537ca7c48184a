// The editor's side of LSP: what every editor's client does, and no more.
//
// Holds which documents are open, so that they can be opened again after a reconnect.

import type { ChangeSet, Text } from "@codemirror/state";

import { Connection } from "./rpc";
import { contentChanges, positionAt, wellFormed } from "./sync";
import {
  AUTOMATIC,
  type Explanation,
  INVOKED,
  type InlineItem,
  type InlineList,
  type ProgressValue,
  type ServerStatus,
} from "./wire";

export interface OpenDocument {
  uri: string;
  language: string;
  version: number;
  /** The text now. */
  text: () => Text;
}

export interface ClientEvents {
  /** Initialized: requests are answered from now on. */
  ready(serverName: string): void;
  down(retryIn: number, reason: string): void;
  /** `null` when the work under this token has ended. */
  progress(token: string, value: ProgressValue | null): void;
  /** `window/showMessage` or `logMessage`: 1 error, 2 warning, 3 information. */
  message(type: number, text: string): void;
}

export class LanguageClient {
  private readonly connection: Connection;
  private readonly documents = new Map<string, OpenDocument>();
  private initialized = false;

  constructor(
    address: string,
    protocols: string[],
    private readonly rootUri: string,
    private readonly rootName: string,
    private readonly version: string,
    private readonly events: ClientEvents,
  ) {
    this.connection = new Connection(address, protocols, {
      up: () => void this.initialize(),
      down: (retryIn, reason) => {
        this.initialized = false;
        events.down(retryIn, reason);
      },
      notification: (method, params) => this.notified(method, params),
      request: () => null,
    });
  }

  connect(): void {
    this.connection.connect();
  }

  get ready(): boolean {
    return this.initialized;
  }

  open(document: OpenDocument): void {
    this.documents.set(document.uri, document);
    if (this.initialized) this.sendOpen(document);
  }

  close(uri: string): void {
    if (this.documents.delete(uri) && this.initialized) {
      this.connection.notify("textDocument/didClose", { textDocument: { uri } });
    }
  }

  focus(uri: string): void {
    if (this.initialized) this.connection.notify("textDocument/didFocus", { textDocument: { uri } });
  }

  change(document: OpenDocument, changes: ChangeSet, before: Text): void {
    document.version += 1;
    if (!this.initialized) return;
    this.connection.notify("textDocument/didChange", {
      textDocument: { uri: document.uri, version: document.version },
      contentChanges: contentChanges(changes, before),
    });
  }

  inlineCompletion(
    document: OpenDocument,
    offset: number,
    invoked: boolean,
    tabSize: number,
    insertSpaces: boolean,
  ): { id: number; answer: Promise<InlineList> } {
    const { id, answer } = this.connection.request<InlineList | InlineItem[] | null>(
      "textDocument/inlineCompletion",
      {
        textDocument: { uri: document.uri, version: document.version },
        position: positionAt(document.text(), offset),
        context: { triggerKind: invoked ? INVOKED : AUTOMATIC },
        formattingOptions: { tabSize, insertSpaces },
      },
    );
    const list = answer.then((result) => (Array.isArray(result) ? { items: result } : (result ?? { items: [] })));
    return { id, answer: list };
  }

  cancel(id: number): void {
    this.connection.cancel(id);
  }

  shown(item: InlineItem): void {
    this.connection.notify("textDocument/didShowCompletion", { item });
  }

  accepted(item: InlineItem): void {
    if (!item.command) return;
    const { command, arguments: parameters } = item.command;
    // Nothing waits for the answer; a lost connection has been reported already.
    this.connection.request("workspace/executeCommand", { command, arguments: parameters ?? [] }).answer.catch(() => {});
  }

  /** `acceptedLength` counts UTF-16 units from the start of the inserted text. */
  partiallyAccepted(item: InlineItem, acceptedLength: number): void {
    this.connection.notify("textDocument/didPartiallyAcceptCompletion", { item, acceptedLength });
  }

  /** Why an answer was what it was, step by step. */
  explain(id: string): Promise<Explanation | null> {
    return this.connection.request<Explanation | null>("interline/explain", { id }).answer;
  }

  status(): Promise<ServerStatus | null> {
    return this.connection.request<ServerStatus | null>("interline/status").answer;
  }

  private async initialize(): Promise<void> {
    try {
      const { answer } = this.connection.request<{ serverInfo?: { name: string } }>("initialize", {
        processId: null,
        clientInfo: { name: "interline-playground", version: this.version },
        rootUri: this.rootUri,
        workspaceFolders: [{ uri: this.rootUri, name: this.rootName }],
        capabilities: {
          general: { positionEncodings: ["utf-16"] },
          textDocument: { inlineCompletion: {}, synchronization: {} },
          window: { workDoneProgress: true },
          workspace: { workspaceFolders: true },
        },
      });
      const { serverInfo } = await answer;
      this.connection.notify("initialized", {});
      this.initialized = true;
      for (const document of this.documents.values()) this.sendOpen(document);
      this.events.ready(serverInfo?.name ?? "the language server");
    } catch (error) {
      this.events.message(1, `Interline could not be initialized: ${(error as Error).message}`);
    }
  }

  private sendOpen(document: OpenDocument): void {
    const { uri, language, version } = document;
    this.connection.notify("textDocument/didOpen", {
      textDocument: { uri, languageId: language, version, text: wellFormed(document.text()) },
    });
  }

  private notified(method: string, params: unknown): void {
    switch (method) {
      case "$/progress": {
        const { token, value } = params as { token: string | number; value: ProgressValue };
        this.events.progress(String(token), value.kind === "end" ? null : value);
        break;
      }
      case "window/showMessage":
      case "window/logMessage": {
        const { type, message } = params as { type: number; message: string };
        this.events.message(type, message);
        break;
      }
    }
  }
}
