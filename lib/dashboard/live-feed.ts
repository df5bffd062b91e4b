// Feeds all open pages from one set of samples, closed sessions, and one clock.
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ServerResponse } from 'node:http';

import type { JsonRpcMessage, McpSseChannels, Session } from '../index.js';
import { attempt } from '../util/foreign-error.js';
import { excerptOf, previewOf } from './excerpt.js';
import type { DashboardSettings } from './options.js';
import { RingBuffer } from './ring-buffer.js';
import { SessionTable, type ClosedRow, type View } from './session-table.js';
import { overviewOf, sampleBetween, type Overview, type Sample, type Source } from './stats.js';
import { Upstreams } from './upstreams.js';
import { Viewer, type Feed, type Greeting, type SeenMessage } from './viewer.js';

const TICK_MS = 1_000;
/** Two minutes. */
const SAMPLES = 120;
const CLOSED = 50;
const MESSAGES = 50;

/** Feeds all pages of one dashboard: samples, closed sessions, and one clock. */
export class LiveFeed implements Feed {
  readonly table: SessionTable;
  readonly samples: RingBuffer<Sample> = new RingBuffer(SAMPLES);
  readonly closed: RingBuffer<ClosedRow> = new RingBuffer(CLOSED);
  readonly messages: RingBuffer<SeenMessage> = new RingBuffer(MESSAGES);
  /** The latest figures. */
  overview: Overview;
  readonly settings: DashboardSettings;
  readonly #source: Source;
  readonly #viewers = new Set<Viewer>();
  readonly #upstreams = new Upstreams();
  /** Diagnostics channels publish the sessions of all routers. */
  readonly #own = new WeakSet<Session>();
  readonly #timer: NodeJS.Timeout;
  #sampled: Overview;
  #sampledAt = performance.now();
  #stopped = false;
  #stopWatching: (() => void) | undefined;

  constructor(source: Source, settings: DashboardSettings) {
    this.#source = source;
    this.settings = settings;
    this.table = new SessionTable(source.sessions, this.#upstreams);
    this.overview = this.#sampled = overviewOf(source);
    for (const session of source.sessions) this.#own.add(session);
    this.#upstreams.start();
    subscribe('mcp-sse:session.open', this.#opened);
    subscribe('mcp-sse:session.restore', this.#opened);
    subscribe('mcp-sse:session.close', this.#closed);
    subscribe('mcp-sse:session.hand-over', this.#handedOver);
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

  /** Feeds a page over a response whose head is already sent, until it closes. */
  show(response: ServerResponse, view: View, greeting: Greeting): void {
    this.overview = overviewOf(this.#source);
    const viewer = new Viewer(this, view, response, () => this.#viewers.delete(viewer));
    this.#viewers.add(viewer);
    viewer.greet(greeting);
  }

  #tick(): void {
    const before = this.#sampled;
    const now = performance.now();
    const seconds = (now - this.#sampledAt) / 1_000;
    this.#sampledAt = now;
    this.overview = this.#sampled = overviewOf(this.#source);
    this.samples.push(sampleBetween(before, this.overview, seconds));
    for (const viewer of this.#viewers) viewer.update();
  }

  /** Runs when the router has shut down: open pages would keep the server from closing. */
  #stop(): void {
    this.#stopped = true;
    clearInterval(this.#timer);
    this.#upstreams.stop();
    unsubscribe('mcp-sse:session.open', this.#opened);
    unsubscribe('mcp-sse:session.restore', this.#opened);
    unsubscribe('mcp-sse:session.close', this.#closed);
    unsubscribe('mcp-sse:session.hand-over', this.#handedOver);
    unsubscribe('mcp-sse:shutdown', this.#shutdown);
    this.#stopWatching?.();
    for (const viewer of this.#viewers) viewer.end();
  }

  readonly #opened = heard((payload) => {
    const { session } = payload as McpSseChannels['mcp-sse:session.open'];
    if (this.#source.sessions.get(session.id) === session) this.#own.add(session);
  });

  readonly #closed = heard((payload) => {
    const { session, reason } = payload as McpSseChannels['mcp-sse:session.close'];
    this.#ended(session, reason);
  });

  readonly #handedOver = heard((payload) => {
    const { session, node } = payload as McpSseChannels['mcp-sse:session.hand-over'];
    this.#ended(session, `handed over to ${node}`);
  });

  #ended(session: Session, reason: string): void {
    if (!this.#own.has(session)) return;
    this.closed.push({ ...this.table.row(session), at: Date.now(), reason: excerptOf(reason) });
  }

  readonly #shutdown = heard((payload) => {
    const { sessions, finished } = payload as McpSseChannels['mcp-sse:shutdown'];
    if (finished && sessions === this.#source.sessions) this.#stop();
  });

  readonly #saw = (message: JsonRpcMessage, session: Session, direction: 'in' | 'out'): void => {
    const { id, client } = this.table.row(session);
    this.messages.push({ at: Date.now(), id, client, direction, text: previewOf(message) });
  };
}

/** A listener of a channel, to which anybody may publish: what it throws would end the process. */
function heard(listen: (payload: unknown) => void): (payload: unknown) => void {
  return (payload) => {
    attempt(() => {
      listen(payload);
    }, undefined);
  };
}
