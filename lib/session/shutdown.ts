// The order in which sessions end.
import { McpSseError } from '../errors.js';
import { withDeadline } from '../util/promises.js';
import { diagnostics } from './events/diagnostics.js';
import type { SessionEvents } from './events/session-events.js';
import type { LiveSession } from './live-session.js';
import type { SessionRegistry } from './registry.js';
import type { CloseReason } from './session.js';
import { performance } from '../util/timers.js';

/** Ends sessions in good order: answers first, then streams, then hooks, all by one deadline. */
export class Shutdown<Data> {
  readonly #sessions: SessionRegistry<Data>;
  readonly #events: SessionEvents<Data>;
  #drained: Promise<void> | undefined;

  constructor(sessions: SessionRegistry<Data>, events: SessionEvents<Data>) {
    this.#sessions = sessions;
    this.#events = events;
  }

  /** Every call gets the one shutdown that the first call began. */
  drain(timeoutMs: number): Promise<void> {
    this.#drained ??= this.#drain(performance.now() + timeoutMs);
    return this.#drained;
  }

  async closeSessions(reason: CloseReason): Promise<void> {
    const sessions = [...this.#sessions];
    for (const session of sessions) session.close(reason);
    await Promise.all(sessions.map((session) => session.finished()));
  }

  async #drain(deadline: number): Promise<void> {
    diagnostics.shutdown(this.#sessions.handles, false);
    await Promise.all([...this.#sessions].map((session) => this.#retire(session, deadline)));
    await until(deadline, this.#events.idle());
    diagnostics.shutdown(this.#sessions.handles, true);
  }

  async #retire(session: LiveSession<Data>, deadline: number): Promise<void> {
    await until(deadline, session.receiver.inFlight.idle());
    session.close('shutdown');
    if (!(await until(deadline, session.finished()))) session.dropConnection(stalled());
  }
}

const stalled = (): McpSseError =>
  new McpSseError('write-timeout', 'the reader did not take the last events before the deadline');

/** Whether `work` was done by `deadline`, on the clock of `performance.now()`. */
async function until(deadline: number, work: Promise<void>): Promise<boolean> {
  const left = Math.max(deadline - performance.now(), 1);
  const late = (): McpSseError => new McpSseError('internal', 'late');
  return withDeadline(work, left, late).then(
    () => true,
    () => false,
  );
}
