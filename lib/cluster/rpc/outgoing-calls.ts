// Calls to another node, until they are answered.
/** The requests of this node to another one, until they are answered. */
import { McpSseError } from '../../errors.js';
import { PendingMap } from '../../util/pending-map.js';
import { rejected } from '../../util/promises.js';
import type { ReliableLink } from '../link/reliable-link.js';
import type { OutgoingMessage } from '../link/send-window.js';

/** How long another node may take to answer; then the caller is told what is known. */
const DEADLINE_MS = 8_000;

export class OutgoingCalls {
  readonly #link: ReliableLink;
  readonly #pending = new PendingMap<unknown>();
  readonly #messages = new Map<string, OutgoingMessage>();
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
   * arrived, `message-too-large` when the adapter does not carry it.
   */
  call(operation: string, params: unknown, timeoutMs: number = DEADLINE_MS): Promise<unknown> {
    let text: string;
    try {
      text = JSON.stringify(params);
    } catch (cause) {
      const advice = 'what goes to another node, req.auth included, must be plain data';
      return rejected(new McpSseError('not-serializable', advice, { cause }));
    }
    if (!this.#link.hasRoom(Buffer.byteLength(text))) {
      const full = 'too much waits for the node of this session';
      return rejected(new McpSseError('adapter-unavailable', full));
    }
    const id = String((this.#count += 1));
    const onRefused = (error: Error): void => {
      const refusal = McpSseError.from(error);
      const known = this.#withdraw(id, refusal);
      // Of one that is too large some pieces may have arrived, and never all.
      this.#pending.reject(id, refusal.code === 'message-too-large' ? refusal : known);
    };
    this.#messages.set(id, this.#link.push(`call ${id} ${operation}\n${text}`, onRefused));
    return this.#pending.wait(id, timeoutMs, () => this.#withdraw(id, unreachable()));
  }

  /** @param result JSON */
  onReply(id: string, result: string): void {
    this.#messages.delete(id);
    try {
      this.#pending.resolve(id, JSON.parse(result) as unknown);
    } catch (cause) {
      const error = new McpSseError('internal', 'a node has answered nonsense', { cause });
      this.#pending.reject(id, error);
    }
  }

  onRefusal(id: string, error: McpSseError): void {
    this.#messages.delete(id);
    this.#pending.reject(id, error);
  }

  /** Nothing will be answered any more; `error` for what was never sent. */
  rejectAll(error: McpSseError): void {
    this.#pending.rejectAll((id) => this.#withdraw(id, error));
  }

  /** Takes a request back: `error`, unless it may have arrived. */
  #withdraw(id: string, error: McpSseError): McpSseError {
    const message = this.#messages.get(id);
    this.#messages.delete(id);
    // Never "it was not sent" for something that may run.
    return !message || this.#link.withdraw(message) ? error : outcomeUnknown();
  }
}

export function unreachable(): McpSseError {
  return new McpSseError('adapter-unavailable', 'the node of this session is out of reach');
}

function outcomeUnknown(): McpSseError {
  return new McpSseError('outcome-unknown', 'sent, but the node of this session has not answered');
}
