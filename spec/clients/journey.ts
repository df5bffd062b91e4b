import { setTimeout as sleep } from 'node:timers/promises';

import type { McpSseOptions } from '../../lib/index.js';
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
  /** It is known by `resume.key`, and hears nothing but answers. */
  | 'calls are answered'
  /** It comes back and does not say who it is. */
  | 'a new session'
  | 'the session ends';

/** A client that is connected. */
export interface Visitor {
  /** The names of all tools. */
  tools(): Promise<readonly string[]>;
  /** Calls a tool without arguments, and resolves with the text of its answer. */
  call(name: string, onProgress?: (progress: number) => void): Promise<string>;
  /** The numbers of the notifications that it was given, in order; grows. */
  readonly heard: readonly number[];
  close(): unknown;
}

/** A kind of client. */
export interface Candidate {
  readonly name: string;
  readonly version: string;
  readonly drop: Drop;
  /** Steps that its kind cannot take, with the reason. */
  readonly cannot?: Partial<Record<Step, string>>;
  /** What it lets go of when its stream drops, although the server would go on. */
  readonly givesUpCalls?: boolean;
  /** How the server must be set up for it. */
  readonly options?: McpSseOptions;
  /** A rejection that the client itself leaves unhandled. */
  readonly leavesUnhandled?: string;
  connect(url: string): Promise<Visitor>;
}

const MISSED = 10;
/** How long a step may wait for one thing. */
export const PATIENCE_MS = 15_000;

/** The steps of one client, one after the other. */
export class Journey {
  readonly #host: Host;
  readonly #candidate: Candidate;
  readonly #visitor: Visitor;
  readonly #patienceMs: number;
  #sent = 0;

  private constructor(host: Host, candidate: Candidate, visitor: Visitor, patienceMs: number) {
    this.#host = host;
    this.#candidate = candidate;
    this.#visitor = visitor;
    this.#patienceMs = patienceMs;
  }

  static async begin(host: Host, candidate: Candidate, patienceMs: number): Promise<Journey> {
    const visitor = await inTime(candidate.connect(`${host.url}/sse`), 2 * patienceMs);
    return new Journey(host, candidate, visitor, patienceMs);
  }

  /** Throws when the step goes wrong. */
  async take(step: Step): Promise<void> {
    await inTime(this[step](), 2 * this.#patienceMs);
  }

  close(): unknown {
    return this.#visitor.close();
  }

  async tools(): Promise<void> {
    const names = await this.#visitor.tools();
    if (!names.includes('test_simple_text')) throw new Error(`the tools are ${names.join(', ')}`);
  }

  async call(): Promise<void> {
    const text = await this.#visitor.call('test_simple_text');
    if (!text.includes('simple text response')) throw new Error(`the answer is ${text}`);
  }

  async progress(): Promise<void> {
    const steps: number[] = [];
    await this.#visitor.call('test_tool_with_progress', (progress) => steps.push(progress));
    if (steps.join() !== '0,50,100') throw new Error(`the progress is ${steps.join()}`);
  }

  async notification(): Promise<void> {
    this.#notify();
    await this.#until(() => this.#visitor.heard.includes(this.#sent));
  }

  async drop(): Promise<void> {
    const { drop } = this.#candidate;
    if (drop === 'the session ends') await this.#endOfSession();
    else if (drop === 'a new session') await this.#beginAgain();
    else await this.#return(drop === 'exactly once' ? 0 : 1);
  }

  async leave(): Promise<void> {
    await this.#visitor.close();
    await this.#until(() => this.#host.connected === 0);
  }

  /** Nothing that is sent meanwhile is lost, and the call that is running is answered. */
  async #return(repeats: number): Promise<void> {
    const { mcp } = this.#host;
    const before = this.#visitor.heard.length;
    const running = this.#visitor.call('test_tool_with_progress');
    running.catch(() => undefined);
    await this.#until(() => mcp.stats().inFlight > 0);
    this.#host.cut();
    await this.#until(() => mcp.stats().detached > 0);
    for (let count = 0; count < MISSED; count += 1) this.#notify();
    await (this.#candidate.givesUpCalls ? rejection(running) : running);
    await this.call();
    const {
      totals: { opened, resumed },
    } = mcp.stats();
    if (opened !== 1 || resumed < 1) throw new Error(`${opened} sessions, ${resumed} resumed`);
    if (this.#candidate.drop === 'calls are answered') return;
    await this.#until(() => this.#visitor.heard.includes(this.#sent));
    const heard = this.#visitor.heard.slice(before);
    const numbers = [...new Set(heard)];
    const inOrder = numbers.every((number, index) => number === this.#sent - MISSED + index + 1);
    if (numbers.length !== MISSED || !inOrder || heard.length > MISSED + repeats) {
      throw new Error(`heard ${heard.join()} of ${this.#sent}`);
    }
  }

  async #beginAgain(): Promise<void> {
    const { mcp } = this.#host;
    const {
      totals: { opened },
    } = mcp.stats();
    const running = this.#visitor.call('test_tool_with_progress');
    running.catch(() => undefined);
    await this.#until(() => mcp.stats().inFlight > 0);
    this.#host.cut();
    await this.#until(() => mcp.stats().totals.opened > opened);
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
  async #endOfSession(): Promise<void> {
    const { mcp } = this.#host;
    const [session] = mcp.sessions;
    this.#host.cut();
    await this.#until(() => session?.state === 'closed');
    const {
      detached,
      totals: { closed },
    } = mcp.stats();
    if (detached !== 0 || closed['client-disconnected'] !== 1) throw new Error('it did not end');
    const next = await this.#candidate.connect(`${this.#host.url}/sse`);
    const text = await next.call('test_simple_text');
    await next.close();
    if (!text.includes('simple text response')) throw new Error(`the answer is ${text}`);
  }

  async #until(holds: () => boolean): Promise<void> {
    const deadline = performance.now() + this.#patienceMs;
    while (!holds() && performance.now() < deadline) await sleep(5);
    if (!holds()) throw new Error('what was expected did not come about');
  }

  #notify(): void {
    const params = { level: 'info', data: (this.#sent += 1) };
    this.#host.mcp.broadcast({ jsonrpc: '2.0', method: 'notifications/message', params });
  }
}

async function rejection(work: Promise<unknown>): Promise<void> {
  const outcome = await work.then(
    () => 'answered',
    () => 'given up',
  );
  if (outcome === 'answered') throw new Error('the call was answered after all');
}

async function inTime<T>(work: Promise<T>, ms: number): Promise<T> {
  const over = new AbortController();
  const late = sleep(ms, undefined, { signal: over.signal }).then(() => {
    throw new Error(`it took longer than ${ms} ms`);
  });
  late.catch(() => undefined);
  try {
    return await Promise.race([work, late]);
  } finally {
    over.abort();
  }
}
