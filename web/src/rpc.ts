// JSON-RPC over one WebSocket that comes back by itself.
//
// A request that was in flight when the connection broke fails with `ConnectionLost`; nothing is sent
// twice. What must be said again after a reconnect is the business of whoever holds the state.

export class ConnectionLost extends Error {
  constructor() {
    super("the connection was lost");
  }
}

export class RpcError extends Error {
  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
}

/** LSP's code for a request that its client cancelled. */
export const REQUEST_CANCELLED = -32800;

export interface Handlers {
  /** Connected: the first thing to do is `initialize`. */
  up(): void;
  /** Not connected; tries again in so many milliseconds. */
  down(retryIn: number, reason: string): void;
  notification(method: string, params: unknown): void;
  /** The server asks; the value is the answer. */
  request(method: string, params: unknown): unknown;
}

interface Pending {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

interface Incoming {
  id?: number | string | null;
  method?: string;
  params?: unknown;
  result?: unknown;
  error?: { code: number; message: string };
}

const FIRST_RETRY_MS = 400;
const LAST_RETRY_MS = 8000;

export class Connection {
  private socket: WebSocket | null = null;
  private pending = new Map<number, Pending>();
  private nextId = 1;
  private retryIn = FIRST_RETRY_MS;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly address: string,
    private readonly protocols: string[],
    private readonly handlers: Handlers,
  ) {}

  connect(): void {
    clearTimeout(this.timer);
    if (this.socket) return;
    const socket = new WebSocket(this.address, this.protocols);
    this.socket = socket;
    socket.onopen = () => {
      this.retryIn = FIRST_RETRY_MS;
      this.handlers.up();
    };
    socket.onmessage = (event) => this.receive(String(event.data));
    socket.onclose = (event) => this.lost(event.reason);
  }

  get connected(): boolean {
    return this.socket?.readyState === WebSocket.OPEN;
  }

  request<T>(method: string, params?: unknown): { id: number; answer: Promise<T> } {
    const id = this.nextId++;
    const answer = new Promise<T>((resolve, reject) => {
      if (!this.send({ id, method, params })) return reject(new ConnectionLost());
      this.pending.set(id, { resolve: resolve as (value: unknown) => void, reject });
    });
    return { id, answer };
  }

  notify(method: string, params?: unknown): void {
    this.send({ method, params });
  }

  cancel(id: number): void {
    this.notify("$/cancelRequest", { id });
  }

  private send(message: object): boolean {
    if (!this.connected) return false;
    this.socket?.send(JSON.stringify({ jsonrpc: "2.0", ...message }));
    return true;
  }

  private receive(text: string): void {
    const message = JSON.parse(text) as Incoming;
    if (message.method !== undefined && message.id !== undefined) {
      this.send({ id: message.id, result: this.handlers.request(message.method, message.params) ?? null });
    } else if (message.method !== undefined) {
      this.handlers.notification(message.method, message.params);
    } else if (typeof message.id === "number") {
      const pending = this.pending.get(message.id);
      this.pending.delete(message.id);
      if (message.error) pending?.reject(new RpcError(message.error.code, message.error.message));
      else pending?.resolve(message.result);
    }
  }

  private lost(reason: string): void {
    this.socket = null;
    const pending = [...this.pending.values()];
    this.pending.clear();
    for (const { reject } of pending) reject(new ConnectionLost());
    const retryIn = this.retryIn;
    this.retryIn = Math.min(retryIn * 2, LAST_RETRY_MS);
    this.timer = setTimeout(() => this.connect(), retryIn);
    this.handlers.down(retryIn, reason);
  }
}
