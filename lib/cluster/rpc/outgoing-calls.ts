// Calls to another node, until it answers.
import { McpSseError } from '../../errors.js';
import { PendingMap } from '../../util/pending-map.js';
import { rejected } from '../../util/promises.js';
import type { ReliableLink } from '../link/reliable-link.js';
import type { OutgoingMessage } from '../link/send-window.js';

/** Time for another node to answer. Then the call fails as far as its outcome is known. */
const DEADLINE_MS = 8_000;
/** Requests that may be repeated without harm: callers need not know whether they ran. */
const HARMLESS: ReadonlySet<string> = new Set(['find', 'attach']);

interface SentCall {
  readonly operation: string;
  readonly message: OutgoingMessage;
}

export class OutgoingCalls {
  readonly #link: ReliableLink;
  readonly #pending = new PendingMap<unknown>();
  readonly #messages = new Map<string, SentCall>();
  #count: number;

  /** @param count the number of earlier calls */
  constructor(link: ReliableLink, count = 0) {
    this.#link = link;
    this.#count = count;
  }

  /** The number of calls so far. */
  get count(): number {
    return this.#count;
  }

  get size(): number {
    return this.#pending.size;
  }

  /**
   * Sends a request and resolves with its answer. The caller need not await it.
   *
   * @throws McpSseError (as a rejection) the refusal of the other node; `adapter-unavailable` if
   * the request was never sent, `outcome-unknown` if it may have arrived, `message-too-large` if
   * the adapter does not carry it.
   */
  call(operation: string, params: unknown, timeoutMs: number = DEADLINE_MS): Promise<unknown> {
    let text: string;
    try {
      text = JSON.stringify(params);
    } catch (cause) {
      const advice = 'data for another node, req.auth included, must be plain JSON';
      return rejected(new McpSseError('not-serializable', advice, { cause }));
    }
    if (!this.#link.hasRoom(Buffer.byteLength(text))) {
      const full = 'too many bytes wait for the node that has this session: try again';
      return rejected(new McpSseError('adapter-unavailable', full));
    }
    const id = String((this.#count += 1));
    const onRefused = (error: Error): void => {
      const refusal = McpSseError.from(error);
      const known = this.#withdraw(id, refusal);
      // Some pieces of a message that is too large may have arrived, but never all: it has not run.
      this.#pending.reject(id, refusal.code === 'message-too-large' ? refusal : known);
    };
    const message = this.#link.push(`call ${id} ${operation}\n${text}`, onRefused);
    this.#messages.set(id, { operation, message });
    return this.#pending.wait(id, timeoutMs, () => this.#withdraw(id, unreachable()));
  }

  /** @param result JSON */
  onReply(id: string, result: string): void {
    this.#messages.delete(id);
    try {
      this.#pending.resolve(id, JSON.parse(result) as unknown);
    } catch (cause) {
      const error = new McpSseError(
        'internal',
        'another node has sent an answer that is not JSON',
        { cause },
      );
      this.#pending.reject(id, error);
    }
  }

  onRefusal(id: string, error: McpSseError): void {
    this.#messages.delete(id);
    this.#pending.reject(id, error);
  }

  /**
   * Fails all requests: those that were never sent with `error`, the others as `outcome-unknown`.
   */
  rejectAll(error: McpSseError): void {
    this.#pending.rejectAll((id) => this.#withdraw(id, error));
  }

  /** Takes a request back. Returns `error`, or `outcome-unknown` if it may have arrived. */
  #withdraw(id: string, error: McpSseError): McpSseError {
    const sent = this.#messages.get(id);
    this.#messages.delete(id);
    // A request that may run must never count as unsent.
    if (!sent || this.#link.withdraw(sent.message) || HARMLESS.has(sent.operation)) return error;
    return outcomeUnknown();
  }
}

export function unreachable(): McpSseError {
  return new McpSseError(
    'adapter-unavailable',
    'the node that has this session is out of reach: try again',
  );
}

function outcomeUnknown(): McpSseError {
  return new McpSseError(
    'outcome-unknown',
    'the message was sent and may have run, but the node that has this session did not answer',
  );
}
