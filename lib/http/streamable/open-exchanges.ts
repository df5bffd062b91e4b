// Keeps the open exchanges of Streamable HTTP.
import type { ServerResponse } from 'node:http';

import { settledWithin } from '../../util/promises.js';
import type { Exchange } from '../exchange.js';

/**
 * [spec] 2026-07-28: the answer to a request with this method is a stream of events that never ends
 * by itself.
 */
const LISTEN = 'subscriptions/listen';

/** The exchanges that the handler of Streamable HTTP has not finished: answers, and streams. */
export class OpenExchanges {
  readonly #streams = new Set<ServerResponse>();
  readonly #answers = new Set<ServerResponse>();
  #whenAnswered: (() => void)[] = [];

  get size(): number {
    return this.#streams.size + this.#answers.size;
  }

  add({ req, res }: Exchange): void {
    const isStream = req.method === 'GET' || req.headers['mcp-method'] === LISTEN;
    const open = isStream ? this.#streams : this.#answers;
    open.add(res);
    res.once('close', () => {
      open.delete(res);
      if (this.#answers.size === 0) this.#answered();
    });
  }

  /**
   * Waits for answers up to `timeoutMs`, then cuts the rest off, streams included. Never rejects.
   */
  async drain(timeoutMs: number): Promise<void> {
    if (this.#answers.size > 0) {
      const answered = new Promise<void>((resolve) => this.#whenAnswered.push(resolve));
      await settledWithin(answered, timeoutMs);
    }
    // Not `end()`: later writes of the handler would raise errors without a listener.
    for (const res of [...this.#answers, ...this.#streams]) res.destroy();
  }

  #answered(): void {
    const waiting = this.#whenAnswered;
    this.#whenAnswered = [];
    for (const resolve of waiting) resolve();
  }
}
