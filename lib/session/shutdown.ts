// Ends all sessions in order.
import { McpSseError } from '../errors.js';
import { withDeadline } from '../util/promises.js';
import { HandOver } from './handover/hand-over.js';
import { interruptRequests } from './handover/interrupt.js';
import type { Mover } from './handover/mover.js';
import { diagnostics } from './events/diagnostics.js';
import type { SessionEvents } from './events/session-events.js';
import type { LiveSession } from './live-session.js';
import type { SessionRegistry } from './registry.js';
import type { CloseReason } from './session.js';
import { performance } from '../util/timers.js';

/** Time for an answer that came at the deadline to reach its client. */
const LAST_WORDS_MS = 200;

/** Ends all sessions in order: answers first, then streams, then hooks, all by one deadline. */
export class Shutdown<Data> {
  readonly #sessions: SessionRegistry<Data>;
  readonly #events: SessionEvents<Data>;
  #drained: Promise<void> | undefined;

  constructor(sessions: SessionRegistry<Data>, events: SessionEvents<Data>) {
    this.#sessions = sessions;
    this.#events = events;
  }

  /**
   * Shuts down. All calls share the shutdown that the first one began.
   *
   * @param mover hands sessions over to other nodes; undefined ends all of them
   */
  drain(timeoutMs: number, mover?: Mover<Data>): Promise<void> {
    this.#drained ??= this.#drain(performance.now() + timeoutMs, mover);
    return this.#drained;
  }

  async closeSessions(reason: CloseReason): Promise<void> {
    const sessions = [...this.#sessions];
    for (const session of sessions) session.close(reason);
    await Promise.all(sessions.map((session) => session.finished()));
  }

  async #drain(deadline: number, mover: Mover<Data> | undefined): Promise<void> {
    diagnostics.shutdown(this.#sessions.handles, false);
    do {
      await this.#prepareToLeave(mover);
      const retired = [...this.#sessions].map((session) => this.#retire(session, deadline, mover));
      await Promise.all(retired);
    } while (await this.#haveArrived(deadline));
    await until(deadline, this.#events.idle());
    diagnostics.shutdown(this.#sessions.handles, true);
  }

  /** Whether sessions have arrived that were on their way when the shutdown began. */
  async #haveArrived(deadline: number): Promise<boolean> {
    const { arrivals } = this.#sessions;
    if (arrivals.all) await until(deadline, arrivals.all);
    return this.#sessions.size > 0 && performance.now() < deadline;
  }

  /** Makes new requests wait until their session has moved, unless no other node takes sessions. */
  async #prepareToLeave(mover: Mover<Data> | undefined): Promise<void> {
    const leaving = mover ? [...this.#sessions].filter((session) => mover.canMove(session)) : [];
    if (!mover || leaving.length === 0) return;
    for (const session of leaving) session.handOver = new HandOver();
    if (await mover.begin()) return;
    for (const session of leaving) {
      session.handOver?.ended();
      session.handOver = undefined;
    }
  }

  async #retire(
    session: LiveSession<Data>,
    deadline: number,
    mover: Mover<Data> | undefined,
  ): Promise<void> {
    const quiet = (): Promise<void> => this.#quiet(session, deadline);
    await quiet();
    const reason = session.handOver && mover ? await mover.move(session, quiet) : 'shutdown';
    if (reason !== undefined) session.close(reason);
    // A request that ran until the deadline gets its answer after it.
    const end = Math.max(deadline, performance.now() + LAST_WORDS_MS);
    if (!(await until(end, session.finished()))) session.sender.dropConnection(stalled());
  }

  /** Resolves when no request of the client runs. Interrupts those that run at the deadline. */
  async #quiet(session: LiveSession<Data>, deadline: number): Promise<void> {
    const { inFlight } = session.receiver;
    if (await until(deadline, inFlight.idle())) return;
    if (session.state !== 'closed') this.#events.interrupted(interruptRequests(session));
  }
}

const stalled = (): McpSseError =>
  new McpSseError('write-timeout', 'the client did not read the last events before the deadline');

/** Whether `work` was done by `deadline`, on the clock of `performance.now()`. */
async function until(deadline: number, work: Promise<void>): Promise<boolean> {
  const left = Math.max(deadline - performance.now(), 1);
  const late = (): McpSseError => new McpSseError('internal', 'late');
  return withDeadline(work, left, late).then(
    () => true,
    () => false,
  );
}
