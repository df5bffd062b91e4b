// Reports outages of the adapter, not too often.
import { McpSseError } from '../errors.js';
import { performance } from '../util/timers.js';

/** The interval between reports of outages with the same reason. */
const REPORT_MS = 60_000;

/** Reports each outage once, and outages with the same reason at most once a minute. */
export class Outages {
  readonly #onError: (error: McpSseError) => void;
  #any = false;
  /** The current outage has been reported. */
  #reported = false;
  #last: { readonly at: number; readonly reason: string } | undefined;

  constructor(onError: (error: McpSseError) => void) {
    this.#onError = onError;
  }

  /** Whether there was an outage. */
  get any(): boolean {
    return this.#any;
  }

  /** The adapter is out of reach, or cannot be joined. */
  goesOn(cause: unknown): void {
    this.#any = true;
    if (this.#reported) return;
    this.#reported = true;
    const [at, reason] = [performance.now(), McpSseError.from(cause).message];
    const last = this.#last;
    if (cause && last?.reason === reason && at - last.at < REPORT_MS) return;
    this.#last = { at, reason };
    const text = 'the adapter is out of reach: this node cannot serve sessions of other nodes';
    this.#onError(new McpSseError('adapter-unavailable', text, { cause }));
  }

  /** The adapter is back. */
  over(): void {
    this.#reported = false;
  }
}
