import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ServerResponse } from 'node:http';

import type {
  JsonRpcMessage,
  McpSseChannels,
  McpSseStats,
  MessageWatcher,
  Session,
} from '../index.js';
import type { DashboardSettings } from './options.js';
import { previewOf } from './preview.js';
import { SessionTable, short, type Row, type View } from './session-table.js';
import { RingBuffer } from './ring-buffer.js';
import { Viewer } from './viewer.js';

const TICK_MS = 1_000;
/** Two minutes. */
const SAMPLES = 120;
const CLOSED = 50;
const MESSAGES = 50;

/** What a dashboard needs of a router. */
export interface Source {
  readonly sessions: Iterable<Session> & { get(id: string): Session | undefined };
  stats(): McpSseStats;
  watchMessages(watcher: MessageWatcher): () => void;
}

/** One second: messages in that time, and the bytes that waited at its end. */
export interface Sample {
  readonly in: number;
  readonly out: number;
  readonly buffered: number;
}

export interface ClosedRow extends Row {
  readonly at: number;
  readonly reason: string;
}

export interface SeenMessage {
  readonly at: number;
  readonly id: string;
  readonly client: string;
  readonly direction: 'in' | 'out';
  readonly text: string;
}

/** What all viewers of one dashboard share: the samples, what has closed, and one clock. */
export class LiveFeed {
  readonly roster: SessionTable;
  readonly samples: RingBuffer<Sample> = new RingBuffer(SAMPLES);
  readonly closed: RingBuffer<ClosedRow> = new RingBuffer(CLOSED);
  readonly messages: RingBuffer<SeenMessage> = new RingBuffer(MESSAGES);
  /** The latest. */
  stats: McpSseStats;
  readonly settings: DashboardSettings;
  readonly #source: Source;
  readonly #viewers = new Set<Viewer>();
  /** Channels tell of the sessions of all routers. */
  readonly #own = new WeakSet<Session>();
  readonly #timer: NodeJS.Timeout;
  #sampled: McpSseStats;
  #sampledAt = performance.now();
  #stopped = false;
  #stopWatching: (() => void) | undefined;

  constructor(source: Source, settings: DashboardSettings) {
    this.#source = source;
    this.settings = settings;
    this.roster = new SessionTable(source.sessions);
    this.stats = this.#sampled = source.stats();
    for (const session of source.sessions) this.#own.add(session);
    subscribe('mcp-sse:session.open', this.#opened);
    subscribe('mcp-sse:session.close', this.#closed);
    subscribe('mcp-sse:shutdown', this.#shutdown);
    if (settings.showMessages) this.#stopWatching = source.watchMessages(this.#saw);
    this.#timer = setInterval(() => {
      this.#tick();
    }, TICK_MS).unref();
  }

  /** Whether one more page may be open. */
  get hasRoom(): boolean {
    return !this.#stopped && this.#viewers.size < this.settings.viewers;
  }

  /** Shows the board on a response that has begun, until it closes. */
  show(response: ServerResponse, view: View, greeting: object): void {
    this.stats = this.#source.stats();
    const viewer = new Viewer(this, view, response, () => this.#viewers.delete(viewer));
    this.#viewers.add(viewer);
    viewer.greet(greeting);
  }

  #tick(): void {
    const before = this.#sampled;
    const now = performance.now();
    const seconds = (now - this.#sampledAt) / 1_000;
    this.#sampledAt = now;
    this.stats = this.#sampled = this.#source.stats();
    const { bufferedBytes } = this.stats;
    const { messagesIn, messagesOut } = this.stats.totals;
    this.samples.push({
      in: (messagesIn - before.totals.messagesIn) / seconds,
      out: (messagesOut - before.totals.messagesOut) / seconds,
      buffered: bufferedBytes,
    });
    for (const viewer of this.#viewers) viewer.update();
  }

  /** Nothing of it outlives its router: open pages would keep the server from closing. */
  #stop(): void {
    this.#stopped = true;
    clearInterval(this.#timer);
    unsubscribe('mcp-sse:session.open', this.#opened);
    unsubscribe('mcp-sse:session.close', this.#closed);
    unsubscribe('mcp-sse:shutdown', this.#shutdown);
    this.#stopWatching?.();
    for (const viewer of this.#viewers) viewer.end();
  }

  readonly #opened = (payload: unknown): void => {
    const { session } = payload as McpSseChannels['mcp-sse:session.open'];
    if (this.#source.sessions.get(session.id) === session) this.#own.add(session);
  };

  readonly #closed = (payload: unknown): void => {
    const { session, reason } = payload as McpSseChannels['mcp-sse:session.close'];
    if (!this.#own.has(session)) return;
    this.closed.push({ ...this.roster.row(session), at: Date.now(), reason: short(reason) });
  };

  readonly #shutdown = (payload: unknown): void => {
    const { sessions, finished } = payload as McpSseChannels['mcp-sse:shutdown'];
    if (finished && sessions === this.#source.sessions) this.#stop();
  };

  readonly #saw = (message: JsonRpcMessage, session: Session, direction: 'in' | 'out'): void => {
    const { id, client } = this.roster.row(session);
    this.messages.push({ at: Date.now(), id, client, direction, text: previewOf(message) });
  };
}
