// Watches the status of the application's NATS connection.

/** What the adapter uses of a connection of `@nats-io/transport-node`, or of `nats`. */
export interface NatsConnection {
  /** What the server said when the client last connected. */
  readonly info?: { readonly max_payload?: number } | undefined;
  isClosed(): boolean;
  /** Resolves when the server has answered everything sent before. */
  flush(): Promise<void>;
  publish(subject: string, payload: string): void;
  request(subject: string, payload: string, options: { timeout: number }): Promise<unknown>;
  status(): AsyncIterable<{ type: unknown }>;
  subscribe(
    subject: string,
    options: { callback: (error: Error | null, message: NatsMessage) => void },
  ): { unsubscribe(): void };
}

export interface NatsMessage {
  readonly data: Uint8Array;
  respond(): boolean;
}

export class ConnectionMonitor {
  /** Whether there is a connection to a server now, as far as the client knows. */
  connected: boolean;
  readonly #watchers = new Set<() => void>();

  constructor(readonly connection: NatsConnection) {
    this.connected = !connection.isClosed();
    this.#watch().catch(() => {
      this.#change(false);
    });
  }

  /** @returns a function that ends the watch */
  onChange(watcher: () => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  // Runs for the life of the connection, whose close ends the iteration.
  async #watch(): Promise<void> {
    for await (const { type } of this.connection.status()) {
      if (type === 'disconnect' || type === 'close') this.#change(false);
      else if (type === 'reconnect') this.#change(true);
    }
    this.#change(false);
  }

  #change(connected: boolean): void {
    if (this.connected === connected) return;
    this.connected = connected;
    for (const watcher of this.#watchers) watcher();
  }
}
