// Checks whether an adapter's server is in reach.
import { McpSseError } from '../../errors.js';
import { clearTimeout, setTimeout } from '../../util/timers.js';
import type { AdapterListener } from './adapter.js';

/** The interval of checks while a member is in reach. */
const CHECK_MS = 2_000;
/** The delay before the check after a failure; it doubles with each further failure. */
const RETRY_MS = 50;
const LONGEST_RETRY_MS = 1_000;

/**
 * Checks whether a member of an adapter is in reach of its server: `up` after a check that
 * succeeds, `down` after one that fails. Checks every 2 s while up, and with back-off and jitter
 * while down. Tells the listener of each change, with the reason of a failure.
 */
export class Reachability {
  readonly #listener: AdapterListener;
  readonly #check: () => Promise<void>;
  #up = false;
  #stopped = false;
  /** A check is under way; while the member joins, the join is one. */
  #checking = true;
  #failures = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @param check rejects when the server is out of reach; it must settle */
  constructor(listener: AdapterListener, check: () => Promise<void>) {
    this.#listener = listener;
    this.#check = check;
  }

  get up(): boolean {
    return this.#up;
  }

  get stopped(): boolean {
    return this.#stopped;
  }

  /** The member has joined: it is in reach. */
  start(): void {
    this.#checking = false;
    this.#set(true, undefined);
    this.#checkAfter(CHECK_MS);
  }

  /** A call has failed: checks soon. While the member is down, a check is due anyway. */
  suspect(): void {
    if (this.#up) this.#checkAfter(RETRY_MS);
  }

  /** The connection is lost: down from now on, and checks soon. */
  lost(reason: Error): void {
    this.#set(false, reason);
    this.#checkAfter(RETRY_MS);
  }

  /** The connection is back: checks at once. */
  connectionBack(): void {
    if (!this.#up) this.#checkAfter(0);
  }

  /** Ends the checks and the calls of the listener. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #checkAfter(ms: number): void {
    if (this.#stopped || this.#checking) return;
    clearTimeout(this.#timer);
    // Jitter: the nodes must not all come back to a restarted server at once.
    const delay = ms * (0.75 + Math.random() / 2);
    this.#timer = setTimeout(() => void this.#run(), delay).unref();
  }

  async #run(): Promise<void> {
    this.#checking = true;
    let failure: Error | undefined;
    try {
      await this.#check();
      this.#failures = 0;
    } catch (thrown) {
      failure = McpSseError.from(thrown, 'adapter-unavailable');
      this.#failures += 1;
    }
    this.#checking = false;
    this.#set(!failure, failure);
    const retryMs = Math.min(RETRY_MS * 2 ** this.#failures, LONGEST_RETRY_MS);
    this.#checkAfter(failure ? retryMs : CHECK_MS);
  }

  #set(up: boolean, reason: Error | undefined): void {
    if (this.#up === up || this.#stopped) return;
    this.#up = up;
    this.#listener.state(up, reason);
  }
}

/** The rejection of a `send` whose frame was certainly not sent. */
export function notSent(why: string): McpSseError {
  return new McpSseError('adapter-unavailable', why);
}

/** The rejection of a `send` or a `join` of a member that has left. */
export function hasLeft(): McpSseError {
  return notSent('This node has left: its router is closed.');
}
