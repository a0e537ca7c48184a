// The repository over HTTP: which files there are, what is in one, how the engine is.

export interface FileList {
  files: string[];
  truncated: boolean;
}

export interface FileText {
  path: string;
  language: string;
  text: string;
}

export interface Overview {
  version: string;
  root: string;
  name: string;
  open: string | null;
  facts: { label: string; value: string }[];
}

/** An answer that was no answer; the message is for people. */
export class ApiError extends Error {}

export class Repository {
  constructor(private readonly token: string) {}

  files(): Promise<FileList> {
    return this.get("/api/files");
  }

  file(path: string): Promise<FileText> {
    return this.get(`/api/file?path=${encodeURIComponent(path)}`);
  }

  overview(): Promise<Overview> {
    return this.get("/api/status");
  }

  private async get<T>(address: string): Promise<T> {
    let response: Response;
    try {
      response = await fetch(address, { headers: { Authorization: `Bearer ${this.token}` } });
    } catch {
      throw new ApiError("Interline does not answer. Is `interline playground` still running?");
    }
    const body: unknown = await response.json().catch(() => null);
    if (response.ok) return body as T;
    const message = (body as { error?: { message?: string } } | null)?.error?.message;
    throw new ApiError(message ? sentence(message) : `Interline answered with status ${response.status}.`);
  }
}

/** The server's messages begin small and end bare, to stand in the middle of a line. */
export function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? "" : ".");
}

/** A file of the repository as the URI that a language server knows it by. */
export function fileUri(root: string, path: string): string {
  const full = `${root.replaceAll("\\", "/").replace(/\/$/, "")}/${path}`;
  const encoded = full.split("/").map(encodeURIComponent).join("/");
  return `file://${encoded.startsWith("/") ? "" : "/"}${encoded.replace(/^([A-Za-z])%3A/, "$1:")}`;
}
