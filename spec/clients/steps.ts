import { setTimeout as sleep } from 'node:timers/promises';

import type { McpSseOptions } from '../../lib/index.js';
import { eventually } from '../support/eventually.js';
import { NumberSequence } from '../support/program/number-sequence.js';
import { within } from '../support/program/waiting.js';
import type { Host } from './host.js';

export type Step = 'tools' | 'call' | 'progress' | 'notification' | 'drop' | 'leave';

export const STEPS: readonly Step[] = [
  'tools',
  'call',
  'progress',
  'notification',
  'drop',
  'leave',
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
  /** A rejection that the client itself leaves unhandled. */
  readonly leavesUnhandled?: string;
  connect(url: string): Promise<ConnectedClient>;
}

const MISSED = 10;
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
    const connecting = candidate.connect(`${host.url}/sse`);
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
    if (steps.join() !== '0,50,100') throw new Error(`the progress is ${steps.join()}`);
  }

  async notification(): Promise<void> {
    this.#notify();
    await this.#receiveAll();
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
    await this.#until(() => mcp.stats().totals.detached > 0, 'a detached session');
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
      call.catch(() => undefined);
      return Promise.race([call, sleep(1_000, false)]);
    };
    for (let tries = 1; !(await answered()); tries += 1) {
      if (tries === 10) throw new Error('no call is answered any more');
    }
  }

  /** The session ends with its stream, and a new client is served. */
  async #loseSession(): Promise<void> {
    const { mcp } = this.#host;
    const [session] = mcp.sessions;
    this.#host.cut();
    await this.#until(() => session?.state === 'closed', 'the end of the session');
    const { closed, detached } = mcp.stats().totals;
    if (detached !== 0 || closed['client-disconnected'] !== 1) throw new Error('it did not end');
    const next = await this.#candidate.connect(`${this.#host.url}/sse`);
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
