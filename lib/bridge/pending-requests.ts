// Keeps the client's requests to the upstream until they are answered.
import type { JsonRpcRequest, JsonRpcResponse, RequestId } from '../index.js';
import { isRecord } from '../util/guards.js';
import { startDeadline } from '../util/promises.js';
import { HopError } from './hop-error.js';
import type { Link } from './link.js';
import type { Inbound } from './upstream.js';

export interface PendingRequest extends Inbound<JsonRpcRequest> {
  /** The connection that carried the request. */
  link: Link | undefined;
  /** Whether the upstream has taken the request without refusing it. */
  isTaken: boolean;
}

interface Entry extends PendingRequest {
  readonly token: unknown;
  stopDeadline: () => void;
}

/** Each waits for its answer, or until the upstream has been silent about it for too long. */
export class PendingRequests {
  readonly #entries = new Map<RequestId, Entry>();
  /** By progress token. */
  readonly #tokens = new Map<unknown, Entry>();
  readonly #timeoutMs: number;
  readonly #settled: (pending: PendingRequest, outcome: JsonRpcResponse | HopError) => void;

  constructor(
    timeoutMs: number,
    settled: (pending: PendingRequest, outcome: JsonRpcResponse | HopError) => void,
  ) {
    this.#timeoutMs = timeoutMs;
    this.#settled = settled;
  }

  add({ message, headers }: Inbound<JsonRpcRequest>): PendingRequest {
    const meta = message.params?._meta;
    const token = isRecord(meta) ? meta.progressToken : undefined;
    const state = { link: undefined, isTaken: false, token, stopDeadline: nothing };
    const entry: Entry = { message, headers, ...state };
    this.#startDeadline(entry);
    this.#entries.set(message.id, entry);
    if (token !== undefined) this.#tokens.set(token, entry);
    return entry;
  }

  has(pending: PendingRequest): boolean {
    return this.#entries.get(pending.message.id) === pending;
  }

  /** Returns whether the request was still waiting. */
  settle(id: unknown, outcome: JsonRpcResponse | HopError): boolean {
    const entry = this.remove(id);
    if (entry) this.#settled(entry, outcome);
    return entry !== undefined;
  }

  /** Settles all requests sent on that link, or only those taken. */
  settleAll(link: Link, error: HopError, which: 'all' | 'taken' = 'all'): void {
    for (const entry of [...this.#entries.values()]) {
      const isMeant = entry.link === link && (which === 'all' || entry.isTaken);
      if (isMeant) this.settle(entry.message.id, error);
    }
  }

  /** Restarts the deadline of a request, since the upstream has sent progress with its token. */
  prolong(token: unknown): void {
    const entry = token === undefined ? undefined : this.#tokens.get(token);
    if (!entry) return;
    entry.stopDeadline();
    this.#startDeadline(entry);
  }

  /** Forgets a request, and returns it if it was still waiting. */
  remove(id: unknown): PendingRequest | undefined {
    const entry = this.#entries.get(id as RequestId);
    if (!entry) return undefined;
    entry.stopDeadline();
    this.#entries.delete(entry.message.id);
    if (this.#tokens.get(entry.token) === entry) this.#tokens.delete(entry.token);
    return entry;
  }

  clear(): void {
    for (const id of [...this.#entries.keys()]) this.remove(id);
  }

  #startDeadline(entry: Entry): void {
    entry.stopDeadline = startDeadline(this.#timeoutMs, () => {
      const sent = entry.link !== undefined;
      const error = new HopError('timeout', 'The upstream did not answer in time', { sent });
      this.settle(entry.message.id, error);
    });
  }
}

const nothing = (): void => undefined;
