import { randomBytes } from 'node:crypto';

import type { LiveSession } from '../session/live-session.js';
import type { ConnectionWriter } from '../stream/connection-writer.js';
import { encodeMessage } from '../wire/event-stream.js';
import { isResponse, type JsonRpcMessage } from '../wire/json-rpc.js';

const ID_PREFIX = 'express-mcp-sse:probe:';

/** The session that a client still holds, and the last message it has surely read. */
export interface ProbeAnswer<Data> {
  readonly session: LiveSession<Data>;
  /** Undefined when the client was never told its position. */
  readonly offset: number | undefined;
}

/**
 * Streams whose client has been asked who it is: a `ping` goes out in place of the `endpoint`,
 * and the client answers it by a POST to the endpoint that it still holds.
 */
export class Probes<Data> {
  readonly #waiting = new Map<string, (answer: ProbeAnswer<Data> | undefined) => void>();

  /** How many are waiting for an answer. */
  get size(): number {
    return this.#waiting.size;
  }

  /** Asks, and waits for `timeoutMs` at most; undefined when there is no answer. */
  async ask(writer: ConnectionWriter, timeoutMs: number): Promise<ProbeAnswer<Data> | undefined> {
    const id = ID_PREFIX + randomBytes(16).toString('base64url');
    void writer.write(encodeMessage({ jsonrpc: '2.0', id, method: 'ping' }));
    const answer = new Promise<ProbeAnswer<Data> | undefined>((resolve) => {
      this.#waiting.set(id, resolve);
    });
    const giveUp = (): void => this.#waiting.get(id)?.(undefined);
    const timer = setTimeout(giveUp, timeoutMs).unref();
    writer.observer = { writerClosed: giveUp };
    try {
      return await answer;
    } finally {
      this.#waiting.delete(id);
      clearTimeout(timer);
      writer.observer = undefined;
    }
  }

  /** Whether `message` answers a probe, in time or late: then it is nobody else's. */
  settle(message: JsonRpcMessage, answer: ProbeAnswer<Data>): boolean {
    if (!isResponse(message) || typeof message.id !== 'string') return false;
    if (!message.id.startsWith(ID_PREFIX)) return false;
    this.#waiting.get(message.id)?.(answer);
    return true;
  }
}
