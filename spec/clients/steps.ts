import { setTimeout as sleep } from 'node:timers/promises';

import type { McpSseOptions } from '../../lib/index.js';
import { eventually } from '../support/eventually.js';
import { NumberSequence } from '../support/program/number-sequence.js';
import { within } from '../support/program/waiting.js';
import { Host, TEXT_TOOL } from './host.js';

export type Step =
  | 'tools'
  | 'call'
  | 'progress'
  | 'notification'
  | 'text'
  | 'ping'
  | 'largest'
  | 'drop'
  | 'leave'
  | 'mounted';

export const STEPS: readonly Step[] = [
  'tools',
  'call',
  'progress',
  'notification',
  'text',
  'ping',
  'largest',
  'drop',
  'leave',
  'mounted',
];

/** What becomes of a client whose stream drops: what docs/resumption.md promises to its kind. */
export type Drop =
  | 'exactly once'
  | 'at most one repeats'
  /** `resume.key` tells who it is, and it passes no notifications on. */
  | 'calls are answered'
  /** It comes back without anything that tells its session. */
  | 'a new session'
  | 'the session ends';

/** A client that is connected. */
export interface ConnectedClient {
  /** The names of all tools. */
  tools(): Promise<readonly string[]>;
  /** Calls a tool without arguments, and resolves with the text of its answer. */
  call(name: string, onProgress?: (progress: number) => void): Promise<string>;
  /** The numbers of the notifications that came so far, in order. */
  readonly notifications: readonly number[];
  close(): unknown;
}

/** A kind of client. */
export interface Candidate {
  readonly name: string;
  readonly version: string;
  readonly drop: Drop;
  /** Steps that its kind cannot take, with the reason. */
  readonly cannot?: Partial<Record<Step, string>>;
  /** When its stream drops it fails running calls, although the server would answer them. */
  readonly givesUpCalls?: boolean;
  /** How the server must be set up for it. */
  readonly options?: McpSseOptions;
  /** It handles notifications in several threads, so that reports may change places or be late. */
  readonly shuffles?: boolean;
  /** It answers no `ping`. */
  readonly silent?: boolean;
  /** Bytes of the largest event that it takes by itself; one more KiB, and it gives up. */
  readonly largestEvent?: number;
  /** A rejection that the client itself leaves unhandled. */
  readonly leavesUnhandled?: string;
  connect(url: string): Promise<ConnectedClient>;
}

const MISSED = 10;
/** What some take for the end of a line; in an event stream they are none. */
const SEPARATORS = 'next line \u0085, line separator \u2028, paragraph separator \u2029, end';
const KIB = 1024;
/** An event that clients without a bound of their own are given. */
const LARGE_BYTES = 4 * KIB * KIB;
/** How long a client may take over what it will not take. */
const REFUSAL_MS = 5_000;
const PING_MS = 5_000;
/** Of the server of a client that comes back without `initialize`; it must outlast this. */
export const INITIALIZE_TIMEOUT_MS = 5_000;
/** How long a step waits for one condition. */
export const WAIT_MS = 15_000;

/** The steps of one client, one after the other. */
export class StepRunner {
  readonly #host: Host;
  readonly #candidate: Candidate;
  readonly #client: ConnectedClient;
  readonly #waitMs: number;
  #sent = 0;

  private constructor(host: Host, candidate: Candidate, client: ConnectedClient, waitMs: number) {
    this.#host = host;
    this.#candidate = candidate;
    this.#client = client;
    this.#waitMs = waitMs;
  }

  static async connect(host: Host, candidate: Candidate, waitMs: number): Promise<StepRunner> {
    const connecting = candidate.connect(host.url);
    const client = await within(connecting, 2 * waitMs, 'the connection');
    return new StepRunner(host, candidate, client, waitMs);
  }

  /** Throws when the step goes wrong. */
  async take(step: Step): Promise<void> {
    await within(this[step](), 2 * this.#waitMs, 'the step');
  }

  close(): unknown {
    return this.#client.close();
  }

  async tools(): Promise<void> {
    const names = await this.#client.tools();
    if (!names.includes('test_simple_text')) throw new Error(`the tools are ${names.join(', ')}`);
  }

  async call(): Promise<void> {
    const text = await this.#client.call('test_simple_text');
    if (!text.includes('simple text response')) throw new Error(`the answer is ${text}`);
  }

  async progress(): Promise<void> {
    const steps: number[] = [];
    await this.#client.call('test_tool_with_progress', (progress) => steps.push(progress));
    if (this.#candidate.shuffles) {
      await this.#until(() => steps.length === 3, 'the third report');
      steps.sort((one, other) => one - other);
    }
    if (steps.join() !== '0,50,100') throw new Error(`the progress is ${steps.join()}`);
  }

  async notification(): Promise<void> {
    this.#notify();
    await this.#receiveAll();
  }

  /** Text that holds what Python's `splitlines` and others take for the end of a line. */
  async text(): Promise<void> {
    this.#host.text = SEPARATORS;
    const text = await this.#client.call(TEXT_TOOL);
    if (!text.includes(SEPARATORS)) throw new Error(`the text is ${JSON.stringify(text)}`);
  }

  async ping(): Promise<void> {
    const open = [...this.#host.mcp.sessions].filter(({ state }) => state === 'open');
    // A program may have left streams open that it does not use any more.
    const answers = open.map((session) =>
      session.request('ping', undefined, { timeoutMs: PING_MS }).then(
        () => true,
        () => false,
      ),
    );
    const answered = (await Promise.all(answers)).includes(true);
    if (answered === (this.#candidate.silent ?? false)) {
      throw new Error(answered ? 'it has answered' : 'it has not answered');
    }
  }

  async largest(): Promise<void> {
    const { largestEvent } = this.#candidate;
    await this.#takeEvent(this.#client, (largestEvent ?? LARGE_BYTES) - KIB);
    if (largestEvent === undefined) return;
    const other = await this.#candidate.connect(this.#host.url);
    const taken = this.#takeEvent(other, largestEvent + KIB).then(() => true);
    const refused = await Promise.race([taken.catch(() => false), sleep(REFUSAL_MS, false)]);
    // It may have ended by itself.
    const closing = Promise.resolve(other.close()).catch(() => undefined);
    await Promise.race([closing, sleep(REFUSAL_MS)]);
    await this.#until(() => this.#host.connected <= 1, 'the end of the other stream');
    if (refused) throw new Error('it has taken a larger one');
  }

  async #takeEvent(client: ConnectedClient, bytes: number): Promise<void> {
    this.#host.text = 'x'.repeat(bytes);
    const { length } = await client.call(TEXT_TOOL);
    if (length < bytes) throw new Error(`the text has ${length} characters of ${bytes}`);
  }

  /** With default options, below a path of the host. */
  async mounted(): Promise<void> {
    const host = await Host.open(this.#candidate.options, '/api');
    try {
      const mounted = await StepRunner.connect(host, this.#candidate, this.#waitMs);
      await mounted.tools();
      await mounted.call();
      await mounted.close();
    } finally {
      await host.close();
    }
  }

  async drop(): Promise<void> {
    const { drop } = this.#candidate;
    if (drop === 'the session ends') await this.#loseSession();
    else if (drop === 'a new session') await this.#getNewSession();
    else await this.#comeBack(drop === 'exactly once' ? 0 : 1);
  }

  async leave(): Promise<void> {
    await this.#client.close();
    await this.#until(() => this.#host.connected === 0, 'the end of the stream');
  }

  /** Nothing that is sent meanwhile is lost, and the call that is running is answered. */
  async #comeBack(repeats: number): Promise<void> {
    const { mcp } = this.#host;
    const before = this.#client.notifications.length;
    const running = this.#client.call('test_tool_with_progress');
    running.catch(() => undefined);
    await this.#until(() => mcp.stats().inFlight > 0, 'a running call');
    this.#host.cut();
    // One that is back before its old connection is known to be dead is never detached.
    const isLost = (): boolean => {
      const { detached, resumed } = mcp.stats().totals;
      return detached + resumed > 0;
    };
    await this.#until(isLost, 'a detached session');
    for (let count = 0; count < MISSED; count += 1) this.#notify();
    await (this.#candidate.givesUpCalls ? rejection(running) : running);
    await this.call();
    const { opened, resumed } = mcp.stats().totals;
    if (opened !== 1 || resumed < 1) throw new Error(`${opened} sessions, ${resumed} resumed`);
    if (this.#candidate.drop === 'calls are answered') return;
    await this.#receiveAll();
    const received = this.#client.notifications.slice(before);
    const first = this.#sent - MISSED + 1;
    const numbers = new NumberSequence('the client');
    for (const number of received) numbers.add(number);
    const complete = received[0] === first && numbers.last === this.#sent;
    if (!complete || numbers.faults.length > 0 || numbers.repeated > repeats) {
      throw new Error(`received ${received.join()} of ${first} to ${this.#sent}`);
    }
  }

  async #getNewSession(): Promise<void> {
    const { mcp } = this.#host;
    const { opened } = mcp.stats().totals;
    const running = this.#client.call('test_tool_with_progress');
    running.catch(() => undefined);
    await this.#until(() => mcp.stats().inFlight > 0, 'a running call');
    this.#host.cut();
    await this.#until(() => mcp.stats().totals.opened > opened, 'a new session');
    if (this.#candidate.givesUpCalls) await rejection(running);
    // A call that was on its way before the client has read its new endpoint is lost, too.
    const answered = async (): Promise<boolean> => {
      const call = this.call().then(() => true);
      return Promise.race([call.catch(() => false), sleep(1_000, false)]);
    };
    for (let tries = 1; !(await answered()); tries += 1) {
      if (tries === 10) throw new Error('no call is answered any more');
      await sleep(100);
    }
    if (this.#candidate.options?.limits?.initializeTimeoutMs === undefined) return;
    // It goes on without `initialize`, and its session must not end for that.
    await sleep(1.5 * INITIALIZE_TIMEOUT_MS);
    await this.call();
    if (mcp.stats().totals.opened !== opened + 1) throw new Error('it needed another session');
  }

  /** The session ends with its stream, and a new client is served. */
  async #loseSession(): Promise<void> {
    const { mcp } = this.#host;
    const [session] = mcp.sessions;
    const disconnected = (): number => mcp.stats().totals.closed['client-disconnected'] ?? 0;
    const before = disconnected();
    this.#host.cut();
    await this.#until(() => session?.state === 'closed', 'the end of the session');
    const { detached } = mcp.stats().totals;
    if (detached !== 0 || disconnected() !== before + 1) throw new Error('it did not end');
    const next = await this.#candidate.connect(this.#host.url);
    const text = await next.call('test_simple_text');
    await next.close();
    if (!text.includes('simple text response')) throw new Error(`the answer is ${text}`);
  }

  #until(holds: () => boolean, what: string): Promise<void> {
    return eventually(holds, what, this.#waitMs);
  }

  /** Resolves when the latest notification has arrived. */
  #receiveAll(): Promise<void> {
    const { notifications } = this.#client;
    return this.#until(() => notifications.includes(this.#sent), `notification ${this.#sent}`);
  }

  #notify(): void {
    this.#host.notifyAll((this.#sent += 1));
  }
}

async function rejection(work: Promise<unknown>): Promise<void> {
  const outcome = await work.then(
    () => 'answered',
    () => 'given up',
  );
  if (outcome === 'answered') throw new Error('the call was answered after all');
}
