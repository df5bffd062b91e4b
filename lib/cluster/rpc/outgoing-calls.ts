import { McpSseError } from '../../errors.js';
import { rejected, ignoreRejection } from '../../util/promises.js';
import type { ReliableLink } from '../link/reliable-link.js';
import type { Segment } from '../link/send-window.js';
import { clearTimeout, setTimeout } from '../../util/timers.js';

/** How long another node may take to answer; then the caller is told what is known. */
const DEADLINE_MS = 8_000;
/** Characters that may wait for one node. */
const WAITING_CHARS = 64 * 1024 * 1024;

interface Call {
  readonly parcels: readonly Segment[];
  readonly timer: NodeJS.Timeout;
  resolve(result: unknown): void;
  reject(error: McpSseError): void;
}

/** What this node asks of another one, until it is answered. */
export class OutgoingCalls {
  readonly #link: ReliableLink;
  readonly #calls = new Map<string, Call>();
  #count = 0;

  constructor(link: ReliableLink) {
    this.#link = link;
  }

  /** How many there have been. */
  get count(): number {
    return this.#count;
  }

  get size(): number {
    return this.#calls.size;
  }

  /**
   * Asks, and waits for the answer, which may be left unawaited.
   *
   * @throws McpSseError (as a rejection) what the other node answers; `adapter-unavailable` when
   * the question was never sent, `outcome-unknown` when it may have arrived.
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
    const parcels = this.#link.push(`call ${id} ${operation}\n${text}`);
    const answer = new Promise<unknown>((resolve, reject) => {
      const late = (): void => {
        this.#rejectCall(id, call, unreachable());
      };
      const timer = setTimeout(late, DEADLINE_MS).unref();
      const call: Call = { parcels, timer, resolve, reject };
      this.#calls.set(id, call);
    });
    return ignoreRejection(answer);
  }

  /** @param result JSON */
  answered(id: string, result: string): void {
    const call = this.#take(id);
    try {
      call?.resolve(JSON.parse(result) as unknown);
    } catch (cause) {
      call?.reject(new McpSseError('internal', 'a node has answered nonsense', { cause }));
    }
  }

  refused(id: string, error: McpSseError): void {
    this.#take(id)?.reject(error);
  }

  /** Nothing will be answered any more; `error` for what was never sent. */
  rejectAll(error: McpSseError): void {
    for (const [id, call] of this.#calls) this.#rejectCall(id, call, error);
  }

  #rejectCall(id: string, call: Call, error: McpSseError): void {
    this.#take(id);
    // Never "it was not sent" for something that may run.
    call.reject(this.#link.withdraw(call.parcels) ? error : outcomeUnknown());
  }

  #take(id: string): Call | undefined {
    const call = this.#calls.get(id);
    this.#calls.delete(id);
    clearTimeout(call?.timer);
    return call;
  }
}

export function unreachable(): McpSseError {
  return new McpSseError('adapter-unavailable', 'the node of this session is out of reach');
}

function outcomeUnknown(): McpSseError {
  return new McpSseError('outcome-unknown', 'sent, but the node of this session has not answered');
}
