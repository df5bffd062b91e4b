import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';

import type { Report } from '../../scripts/report.js';
import { seededRandom } from '../support/cut-plan.js';
import type { ForkedProgram } from '../support/program/forked-program.js';
import { withoutSessions, withSessions, type Behaviour } from './behaviours.js';
import type { SoakProtocol, State } from './requests.js';
import { closeIdleConnections } from './soak-client.js';

/** Sessions of clients that are away or stalled last this long at most. */
const QUIET_MS = 60_000;
const SAMPLE_MS = 2_000;
/** A leak of 1 KiB for each session would be more within some minutes. */
const HEAP_MIB = 6;
/** What the server may report: all of it is done on purpose. */
const EXPECTED_ERRORS = new Set([
  ...['hook-failed', 'hook-timeout', 'server-failed', 'internal', 'session-closed'],
  ...['buffer-overflow', 'write-timeout', 'ping-timeout', 'write-failed'],
]);

/** The server, its clients, and what they have counted. */
export class Soak {
  readonly #counts = new Map<string, number>();
  readonly #faults: string[] = [];
  readonly #delay = monitorEventLoopDelay();
  #mostSessions = 0;
  /** The longest delay of either event loop, in milliseconds: it may be why a check fails. */
  #latest = 0;

  constructor(
    private readonly server: ForkedProgram<SoakProtocol>,
    private readonly port: number,
    private readonly sessions: number,
  ) {
    this.#delay.enable();
  }

  /** Workers that run one client after the other, for `forMs`. */
  async run(forMs: number, seed: number): Promise<void> {
    const deadline = performance.now() + forMs;
    const ending = (): boolean => performance.now() > deadline || !this.server.alive;
    const work = async (behaviours: readonly Behaviour[], worker: number): Promise<void> => {
      const random = seededRandom(seed * 10_000 + worker);
      // They do not all come at once.
      await pause(random() * Math.min(5_000, forMs / 4));
      while (!ending()) {
        const next = behaviours[Math.floor(random() * behaviours.length)]!;
        await next({
          port: this.port,
          random,
          ending,
          count: this.#count,
          addFault: this.#addFault,
        });
        this.#count('clients');
      }
    };
    // More than sessions: some are between two clients, or refused.
    const workers = Math.ceil(this.sessions * 1.2);
    await Promise.all([
      ...Array.from({ length: workers }, (_, n) => work(withSessions, n)),
      ...Array.from({ length: Math.ceil(this.sessions / 20) }, (_, n) => {
        return work(withoutSessions, workers + n);
      }),
      this.#watch(ending),
    ]);
    closeIdleConnections();
  }

  /** The state once nothing is left, or after a deadline. */
  async quiet(): Promise<State> {
    const deadline = performance.now() + QUIET_MS;
    for (;;) {
      const state = await this.server.ask('state');
      const isQuiet = state.sessions === 0 && state.connections === 0 && state.timers === 0;
      if (isQuiet || performance.now() > deadline) return state;
      await pause(250);
    }
  }

  print(before: State, after: State): void {
    console.log(`\ndone: ${text(Object.fromEntries(this.#counts))}`);
    console.log(`messages: ${after.messagesIn} in, ${after.messagesOut} out`);
    console.log(
      `closed: ${text(after.reasons)}; detached ${after.detached}, resumed ${after.resumed}`,
    );
    console.log(`refused: ${text(after.refused)}`);
    console.log(`errors: ${text(after.errors)}`);
    console.log(`event loops: ${this.#latest.toFixed()} ms late at most`);
    console.log(`heap: ${before.heap.toFixed(2)} MiB before, ${after.heap.toFixed(2)} MiB after\n`);
  }

  check(before: State, after: State, report: Report): void {
    const check = (name: string, holds: boolean, what: unknown): void => {
      report.add(name, holds ? undefined : String(what));
    };
    const [lost, repeated] = [this.#counts.get('lost') ?? 0, this.#counts.get('repeated') ?? 0];
    const [most, grown] = [this.#mostSessions, after.heap - before.heap];
    const strange = Object.keys(after.errors).filter((code) => !EXPECTED_ERRORS.has(code));
    const { hooks, opened } = after;
    const resources = text(after.resources);
    check(`held ${most} sessions at a time`, most >= this.sessions, `not ${this.sessions}`);
    check('lost nothing', lost === 0, lost);
    check('repeated nothing', repeated === 0, repeated);
    report.add('answered everything rightly', this.#faults);
    check('left no session', after.sessions === 0, after.sessions);
    check('left no connection', after.connections === 0, after.connections);
    check('left no timer', after.timers === 0, after.timers);
    check('closed each session once', after.closed === opened, text(after.reasons));
    check(
      'ran the open hook for each session',
      hooks.open === opened,
      `${hooks.open} of ${opened}`,
    );
    check(
      'ran the close hook for each session',
      hooks.close === opened,
      `${hooks.close} of ${opened}`,
    );
    check('ran them in order', hooks.unbalanced === 0, hooks.unbalanced);
    check(`kept the heap flat: ${grown.toFixed(2)} MiB`, grown < HEAP_MIB, `more than ${HEAP_MIB}`);
    check('keeps no resource', resources === text(before.resources), resources);
    report.add('left no rejection unhandled', after.uncaught);
    report.add('reported nothing strange', strange);
  }

  readonly #count = (what: string, by = 1): void => {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + by);
  };

  readonly #addFault = (what: string): void => {
    this.#faults.push(what);
    if (this.#faults.length <= 20) console.log(`   ${what}`);
  };

  /** Samples the server and prints every fifth sample. */
  async #watch(ending: () => boolean): Promise<void> {
    for (let samples = 0; !ending(); samples += 1) {
      await pause(SAMPLE_MS);
      const { sessions, connections, heap, late } = await this.server.ask('state');
      const lateHere = this.#delay.max / 1e6;
      this.#delay.reset();
      this.#mostSessions = Math.max(this.#mostSessions, sessions);
      this.#latest = Math.max(this.#latest, late, lateHere);
      if (samples % 5 > 0) continue;
      const lateness = `late ${late.toFixed()} ms there, ${lateHere.toFixed()} ms here`;
      console.log(
        `   ${sessions} sessions, ${connections} connections, ${heap.toFixed(1)} MiB; ${lateness}`,
      );
    }
  }
}

function text(value: unknown): string {
  return JSON.stringify(value).replaceAll('"', '').replaceAll(',', ', ').replaceAll(':', ': ');
}
