import { Dispatcher } from '../../lib/cluster/dispatcher.js';
import type { MessageHandler } from '../../lib/index.js';
import { parseOptions } from '../../lib/options/settings.js';
import { ByteBudget } from '../../lib/session/byte-budget.js';
import { SessionEvents } from '../../lib/session/events/session-events.js';
import { Statistics } from '../../lib/session/events/statistics.js';
import { Usage } from '../../lib/session/events/usage.js';
import { SessionRestorer } from '../../lib/session/handover/session-restorer.js';
import { LiveSession } from '../../lib/session/live-session.js';
import { LocalHost } from '../../lib/session/local-host.js';
import { SessionRegistry } from '../../lib/session/registry.js';
import { Probes } from '../../lib/session/resume/probes.js';
import { ResumeStrategy } from '../../lib/session/resume/resume-strategy.js';
import { serveSession } from '../../lib/session/serve/serve-session.js';
import type { SessionObserver } from '../../lib/session/session-observer.js';
import { observerOf } from '../../lib/session/session-reports.js';
import { Shutdown } from '../../lib/session/shutdown.js';
import { Sweeper } from '../../lib/session/sweeper.js';
import { ConnectionWriter } from '../../lib/stream/connection-writer.js';
import type { FakeResponse } from './fake-response.js';
import type { FaultyAdapter } from './faulty-adapter.js';
import { FACTS } from './session-rig.js';

const CLOSE_MS = 3_000;

export interface Data {
  readonly home: string;
}

/** All of a node but HTTP: what `mcpSse` puts together. */
export class ModelNode {
  alive = true;
  closing = false;
  /** Why sessions have ended here, and failures that were reported: nothing of it is silent. */
  readonly told: string[] = [];
  readonly sessions: SessionRegistry<Data>;
  readonly dispatcher: Dispatcher<Data>;
  readonly #localHost: LocalHost<Data>;
  readonly #shutdown: Shutdown<Data>;
  readonly #events: SessionEvents<Data>;
  readonly #observer: SessionObserver<LiveSession<Data>>;
  readonly #settings;
  readonly #limits;

  constructor(adapter: FaultyAdapter, handler: MessageHandler<Data>, onRestore: () => void) {
    const settings = parseOptions<Data>({
      handler,
      adapter,
      resume: { windowMs: 3_600_000 },
      hooks: {
        onSessionClose: (_, reason) => void this.told.push(`closed: ${reason}`),
        onSessionRestore: onRestore,
        onError: ({ code, message }) => void this.told.push(`${code}: ${message}`),
      },
    });
    this.#settings = settings;
    const { limits } = settings;
    const { maxEvents, maxBytes } = settings.resume || { maxEvents: 0, maxBytes: 0 };
    this.#limits = { ...limits, maxEvents, maxBytes };
    const usage = new Usage(false);
    const events = new SessionEvents<Data>(settings.hooks, 5_000, new Statistics(), usage);
    const sessions = new SessionRegistry<Data>(limits);
    const budget = new ByteBudget<LiveSession<Data>>(limits.maxTotalBytes, sessions, () => {});
    const probes = new Probes(sessions.node);
    this.#observer = observerOf(budget, sessions, events, undefined);
    const sweeper = new Sweeper(sessions, {
      keepAliveMs: false,
      ping: false,
      initializeTimeoutMs: false,
      idleTimeoutMs: false,
      windowMs: false,
      closedWindowMs: false,
    });
    this.sessions = sessions;
    this.#events = events;
    this.#localHost = new LocalHost(sessions, probes, usage, undefined);
    this.#shutdown = new Shutdown(sessions, events);
    const restorer = new SessionRestorer<Data>({
      settings,
      limits: { ...this.#limits, hookTimeoutMs: 5_000 },
      ...{ sessions, budget, events, sweeper, observer: this.#observer },
    });
    this.dispatcher = new Dispatcher<Data>({
      node: sessions.node,
      localHost: this.#localHost,
      sessions,
      restorer,
      ...{ tracksCalls: true, reruns: false, save: undefined },
      bounded: events.bounded.bind(events),
      probes,
      adapter,
      limits,
      account: budget,
      failed: events.failed.bind(events, undefined),
    });
  }

  get name(): string {
    return this.sessions.node;
  }

  isLocal(host: unknown): boolean {
    return host === this.#localHost;
  }

  /** The session, while it goes on here. */
  owned(id: string): LiveSession<Data> | undefined {
    const session = this.sessions.get(id);
    const isOwned = this.alive && session?.state !== 'closed' && !session?.handOver?.frozen;
    return isOwned ? session : undefined;
  }

  async open(): Promise<LiveSession<Data>> {
    const id = this.dispatcher.idFor('session');
    const strategy = new ResumeStrategy(this.name, { ids: true });
    const data = { home: this.name };
    this.sessions.takeSlot(undefined);
    const [limits, observer] = [this.#limits, this.#observer];
    const session = new LiveSession<Data>(id, undefined, data, limits, observer, strategy);
    await serveSession(session, FACTS, this.#settings, this.#events);
    this.sessions.add(session);
    return session;
  }

  writerTo(response: FakeResponse): ConnectionWriter {
    return new ConnectionWriter(response, this.#limits);
  }

  /** As `mcp.close()`. */
  async close(): Promise<void> {
    this.closing = true;
    this.sessions.draining = true;
    this.dispatcher.endImported();
    await this.#shutdown.drain(CLOSE_MS, this.dispatcher.mover);
    await this.dispatcher.leave();
    this.alive = false;
  }
}
