// Asks returning clients for their sessions.
import type { ConnectionWriter } from '../../stream/connection-writer.js';
import { encodeMessage } from '../../wire/sse-encoder.js';
import { isResponse, type JsonRpcMessage } from '../../wire/json-rpc.js';
import { MAX_DELAY_MS } from '../../util/promises.js';
import { randomText } from '../../util/random-text.js';
import { clearTimeout, setTimeout } from '../../util/timers.js';

/**
 * The id of a probe: a string, unlike our other ids, because it names the node that asks (the
 * answer may reach another one) and must not be guessable. Clients that answer a string id with
 * another one get no probe: only an EventSource that has negotiated a version does.
 */
const PROBE_ID = /^express-mcp-sse:probe:([\w-]+):/;

/** The session of the client's POST URL, and the last message that the client has read. */
export interface ProbeAnswer {
  readonly sessionId: string;
  /** From the client's POST URL; undefined if it has none. */
  readonly position: string | undefined;
}

/**
 * Asks returning clients for their sessions: a stream begins with a `ping` in place of the
 * `endpoint` event, and the client answers it with a POST to the URL of its former session.
 */
export class Probes {
  /** Called with answers to probes of other nodes. */
  elsewhere: ((node: string, id: string, answer: ProbeAnswer) => void) | undefined;
  readonly #node: string;
  readonly #waiting = new Map<string, (answer: ProbeAnswer | undefined) => void>();

  constructor(node: string) {
    this.#node = node;
  }

  /** The number of probes that wait for an answer. */
  get size(): number {
    return this.#waiting.size;
  }

  /**
   * Sends the probe, and repeats it after half of `timeoutMs`: clients do not repeat a failed POST,
   * and this one decides about a session. Undefined if there is no answer.
   */
  async ask(writer: ConnectionWriter, timeoutMs: number): Promise<ProbeAnswer | undefined> {
    const id = `express-mcp-sse:probe:${this.#node}:${randomText(16)}`;
    const ask = (): void => {
      void writer.write(encodeMessage({ jsonrpc: '2.0', id, method: 'ping' }));
    };
    ask();
    const answer = new Promise<ProbeAnswer | undefined>((resolve) => {
      this.#waiting.set(id, resolve);
    });
    const giveUp = (): void => this.#waiting.get(id)?.(undefined);
    const delayMs = Math.min(timeoutMs, MAX_DELAY_MS);
    const timer = setTimeout(giveUp, delayMs).unref();
    const again = setTimeout(ask, delayMs / 2).unref();
    writer.observer = { writerClosed: giveUp };
    try {
      return await answer;
    } finally {
      this.#waiting.delete(id);
      clearTimeout(timer);
      clearTimeout(again);
      writer.observer = undefined;
    }
  }

  /** Gives up all probes: this node shuts down, and their streams end. */
  giveUp(): void {
    for (const takeAnswer of this.#waiting.values()) takeAnswer(undefined);
  }

  /** Takes the answer to a probe. Returns whether `message` was one, even a late one. */
  settle(message: JsonRpcMessage, answer: ProbeAnswer): boolean {
    if (!isResponse(message) || typeof message.id !== 'string') return false;
    const node = PROBE_ID.exec(message.id)?.[1];
    if (node === undefined) return false;
    if (node === this.#node) this.answered(message.id, answer);
    else this.elsewhere?.(node, message.id, answer);
    return true;
  }

  /** The answer to a probe of this node has arrived, here or on another node. */
  answered(id: string, answer: ProbeAnswer): void {
    this.#waiting.get(id)?.(answer);
  }
}
