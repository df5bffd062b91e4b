import { McpSseError } from '../../errors.js';
import { PendingMap } from '../../util/pending-map.js';
import { rejected } from '../../util/promises.js';
import type { ReliableLink } from '../link/reliable-link.js';
import type { Segment } from '../link/send-window.js';

/** How long another node may take to answer; then the caller is told what is known. */
const DEADLINE_MS = 8_000;
/** Characters that may wait for one node. */
const WAITING_CHARS = 64 * 1024 * 1024;

/** The requests of this node to another one, until they are answered. */
export class OutgoingCalls {
  readonly #link: ReliableLink;
  readonly #pending = new PendingMap<unknown>();
  readonly #segments = new Map<string, readonly Segment[]>();
  #count = 0;

  constructor(link: ReliableLink) {
    this.#link = link;
  }

  /** How many there have been. */
  get count(): number {
    return this.#count;
  }

  get size(): number {
    return this.#pending.size;
  }

  /**
   * Sends a request and waits for its answer, which may be left unawaited.
   *
   * @throws McpSseError (as a rejection) what the other node refuses it with;
   * `adapter-unavailable` when the request was never sent, `outcome-unknown` when it may have
   * arrived.
   */
  call(operation: string, params: unknown): Promise<unknown> {
    if (this.#link.chars > WAITING_CHARS) {
      const full = 'too much waits for the node of this session';
      return rejected(new McpSseError('adapter-unavailable', full));
    }
    let text: string;
    try {
      text = JSON.stringify(params);
    } catch (cause) {
      const advice = 'what goes to another node, req.auth included, must be plain data';
      return rejected(new McpSseError('not-serializable', advice, { cause }));
    }
    const id = String((this.#count += 1));
    this.#segments.set(id, this.#link.push(`call ${id} ${operation}\n${text}`));
    return this.#pending.wait(id, DEADLINE_MS, () => this.#withdraw(id, unreachable()));
  }

  /** @param result JSON */
  onReply(id: string, result: string): void {
    this.#segments.delete(id);
    try {
      this.#pending.resolve(id, JSON.parse(result) as unknown);
    } catch (cause) {
      const error = new McpSseError('internal', 'a node has answered nonsense', { cause });
      this.#pending.reject(id, error);
    }
  }

  onRefusal(id: string, error: McpSseError): void {
    this.#segments.delete(id);
    this.#pending.reject(id, error);
  }

  /** Nothing will be answered any more; `error` for what was never sent. */
  rejectAll(error: McpSseError): void {
    this.#pending.rejectAll((id) => this.#withdraw(id, error));
  }

  /** Takes a request back: `error`, unless it may have arrived. */
  #withdraw(id: string, error: McpSseError): McpSseError {
    const segments = this.#segments.get(id) ?? [];
    this.#segments.delete(id);
    // Never "it was not sent" for something that may run.
    return this.#link.withdraw(segments) ? error : outcomeUnknown();
  }
}

export function unreachable(): McpSseError {
  return new McpSseError('adapter-unavailable', 'the node of this session is out of reach');
}

function outcomeUnknown(): McpSseError {
  return new McpSseError('outcome-unknown', 'sent, but the node of this session has not answered');
}
