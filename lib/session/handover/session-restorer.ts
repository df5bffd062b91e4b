// Restores a session of another node.
import { McpSseError } from '../../errors.js';
import type { ConnectionWriter } from '../../stream/connection-writer.js';
import type { ByteBudget } from '../byte-budget.js';
import type { SessionEvents } from '../events/session-events.js';
import { LiveSession } from '../live-session.js';
import type { SessionRegistry } from '../registry.js';
import { ResumeStrategy } from '../resume/resume-strategy.js';
import { serveSession, type Serving } from '../serve/serve-session.js';
import type { SessionObserver } from '../session-observer.js';
import type { SessionLimits } from '../session.js';
import type { Sweeper } from '../sweeper.js';
import { NO_FACTS, replayHandshake } from './replay-handshake.js';
import type { SessionState } from './session-state.js';

/** The parts that a restorer uses. */
export interface RestorerParts<Data> {
  readonly settings: Serving<Data> & {
    /** If false, this node takes no sessions over. */
    readonly resume:
      | false
      | {
          readonly retryMs: number;
          readonly restore?: ((saved: unknown) => Data | Promise<Data>) | undefined;
        };
  };
  readonly limits: SessionLimits & { readonly hookTimeoutMs: number };
  readonly sessions: SessionRegistry<Data>;
  readonly budget: ByteBudget<LiveSession<Data>>;
  readonly events: SessionEvents<Data>;
  readonly observer: SessionObserver<LiveSession<Data>>;
  readonly sweeper: Sweeper;
}

/** Restores sessions of other nodes. */
export class SessionRestorer<Data> {
  readonly #parts: RestorerParts<Data>;

  constructor(parts: RestorerParts<Data>) {
    this.#parts = parts;
  }

  /** @throws McpSseError if this node takes no sessions over */
  checkWillingness(): void {
    const { settings, sessions } = this.#parts;
    if (sessions.draining) throw new McpSseError('shutting-down', 'the server is shutting down');
    if (!settings.resume)
      throw new McpSseError(
        'session-not-found',
        'this node takes over no sessions: its resume is false',
      );
  }

  /**
   * Makes the session, with a server of its own. It is not registered yet: call `begin`, or close
   * it.
   *
   * @throws McpSseError if there is no room, or its server offers less than the former one; any
   * throw of the application's own code
   */
  async restore(state: SessionState): Promise<LiveSession<Data>> {
    this.checkWillingness();
    const { sessions, budget, limits, observer, events, settings } = this.#parts;
    if (sessions.get(state.id))
      throw new McpSseError('internal', 'the session is already on this node');
    budget.admit(state.sender.frames.reduce((sum, text) => sum + text.length, 0));
    sessions.takeFreeSlot(state.principal);
    let session: LiveSession<Data> | undefined;
    try {
      const data = await this.#dataOf(state);
      const strategy = this.#strategyOf(state);
      const { id, principal } = state;
      session = new LiveSession<Data>(id, principal, data, limits, observer, strategy, state);
      await serveSession(session, NO_FACTS, settings, events);
      await replayHandshake(session, limits.hookTimeoutMs);
      return session;
    } catch (error) {
      session?.close();
      throw error;
    } finally {
      // From here on the slot belongs to the session.
      if (!session) sessions.freeSlot(state.principal);
    }
  }

  /** Registers the session. `writer` already has all messages that its client was sent. */
  begin(session: LiveSession<Data>, writer: ConnectionWriter | undefined): void {
    const { sessions, budget, sweeper, events } = this.#parts;
    sessions.add(session);
    if (writer) session.adopt(writer);
    else budget.detached(session);
    sweeper.start();
    events.restored(session);
  }

  async #dataOf({ saved, data }: SessionState): Promise<Data> {
    // Only the node that has sent it knows the type Data.
    if (!saved) return data as Data;
    const { settings, events } = this.#parts;
    const restore = settings.resume ? settings.resume.restore : undefined;
    if (!restore)
      throw new McpSseError(
        'server-failed',
        'the session has data of resume.save, but resume.restore is not set on this node',
      );
    return events.bounded('resume.restore()', async () => restore(data));
  }

  #strategyOf({ sender }: SessionState): ResumeStrategy {
    const { sessions, settings } = this.#parts;
    return ResumeStrategy.restored(
      sessions.node,
      sender.strategy,
      settings.resume ? settings.resume.retryMs : undefined,
    );
  }
}
