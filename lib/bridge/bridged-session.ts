// The server of one session: chooses the protocol of its upstream, then passes everything on.
import type {
  JsonRpcMessage,
  JsonRpcRequest,
  JsonRpcResponse,
  McpServerLike,
  MessageExtra,
  Session,
  SessionTransport,
} from '../index.js';
import { ignoreRejection } from '../util/promises.js';
import { mayChallenge, RefusedToken } from './authorization.js';
import { ClientCalls } from './client-calls.js';
import { untilOpen } from './connection.js';
import { failureOf, HopError, hopErrorOf, notConnected } from './hop-error.js';
import { pickHeaders, type HeaderRecord } from './forwarded-headers.js';
import { isRequest } from './messages.js';
import { Opening } from './opening.js';
import { Renewal } from './renewal.js';
import { ReplayedHandshake } from './replayed-handshake.js';
import { SessionReport, type Statistics } from './statistics.js';
import { openTransport } from './transport.js';
import type { Inbound, Surroundings, Upstream } from './upstream.js';
import type { KnownEra } from './known-era.js';

/** The most messages that wait for the upstream to connect. */
const MAX_WAITING = 100;

export class BridgedSession implements McpServerLike {
  readonly #session: Session;
  readonly #era: KnownEra;
  readonly #surroundings: Surroundings;
  #latest: HeaderRecord;
  #transport: SessionTransport | undefined;
  #upstream: Upstream | undefined;
  #next: Opening | undefined;
  #opening: Promise<void> | undefined;
  #waiting: Inbound[] = [];
  #closed: Promise<void> | undefined;
  #isClosed = false;
  readonly #forgotten: () => void;
  readonly #refusedToken = new RefusedToken();
  readonly #replayed: ReplayedHandshake | undefined;

  /** `headers` is undefined for a session that comes from another node. */
  constructor(
    session: Session,
    headers: HeaderRecord | undefined,
    statistics: Statistics,
    era: KnownEra,
    forgotten: () => void,
  ) {
    this.#session = session;
    this.#latest = headers ?? {};
    this.#replayed = headers ? undefined : new ReplayedHandshake(session);
    this.#era = era;
    this.#forgotten = forgotten;
    const { settings } = statistics;
    const send = (message: JsonRpcMessage): void => {
      if (!this.#replayed?.isAnswered(message)) this.#send(message);
    };
    const report = new SessionReport(session, statistics);
    const latest = (): HeaderRecord => this.#latest;
    const renewal = new Renewal();
    const http = { settings, report, latest, renewal, refusedToken: this.#refusedToken };
    this.#surroundings = {
      settings,
      report,
      send,
      latest,
      renewal,
      calls: new ClientCalls(send, settings.requestTimeoutMs),
      openTransport: () => openTransport(statistics, http),
    };
  }

  connect(transport: SessionTransport): Promise<void> {
    this.#transport = transport;
    if (mayChallenge(this.#surroundings.settings)) {
      transport.setScopeChallengeResolver(({ headers }) => {
        this.#refusedToken.check(headers.authorization);
        return undefined;
      });
    }
    transport.onmessage = (message, extra) => {
      this.#receive(message, extra);
    };
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#isClosed = true;
    const { calls, renewal, report, settings } = this.#surroundings;
    this.#waiting = [];
    calls.forget();
    renewal.close();
    report.changed({ state: 'closed', pid: undefined });
    await this.#upstream?.close();
    if (this.#opening) await untilOpen(this.#opening, settings);
    await this.#next?.close();
    await this.#opening;
    this.#forgotten();
  }

  #receive(message: JsonRpcMessage, extra: MessageExtra | undefined): void {
    if (this.#isClosed) return;
    const { forwardHeaders } = this.#surroundings.settings;
    // Reading `requestInfo` builds the headers anew for each message, and most sessions need none.
    if (this.#replayed || forwardHeaders.length > 0) {
      const headers = extra?.requestInfo?.headers ?? {};
      // Every HTTP request of a client has headers; a replayed message has none.
      const isReplayed = Object.keys(headers).length === 0;
      if (isReplayed && this.#replayed) {
        this.#takeReplayed(message, this.#replayed);
        return;
      }
      if (!isReplayed) this.#latest = pickHeaders(forwardHeaders, headers);
    }
    const inbound = { message, headers: this.#latest };
    if (this.#upstream) this.#upstream.receive(inbound);
    else if (isRequest(message) && message.method === 'ping') {
      this.#surroundings.send({ jsonrpc: '2.0', id: message.id, result: {} });
    } else if (isRequest(message) && message.method === 'initialize' && !this.#opening) {
      this.#open({ message, headers: inbound.headers });
    } else this.#wait(inbound);
  }

  #takeReplayed(message: JsonRpcMessage, replayed: ReplayedHandshake): void {
    const answer = replayed.take(message);
    if (answer) this.#send(answer);
    // `forwardHeaders` needs the caller's headers, which come with its next request.
    else if (this.#surroundings.settings.forwardHeaders.length === 0 && !this.#opening) {
      this.#open({ message: this.#assumed(), headers: this.#latest }, true);
    }
  }

  #send(message: JsonRpcMessage): void {
    // Rejects only when the session has ended.
    if (!this.#isClosed && this.#transport) void ignoreRejection(this.#transport.send(message));
  }

  /**
   * Queues a message until the upstream is connected. A client that was initialized in an earlier
   * session sends no `initialize`, so its first request connects the upstream.
   */
  #wait(inbound: Inbound): void {
    const { message, headers } = inbound;
    if (!this.#opening) {
      if (!isRequest(message)) return;
      this.#open({ message: this.#assumed(), headers }, true);
    }
    if (this.#waiting.length < MAX_WAITING) this.#waiting.push(inbound);
    else if (isRequest(message)) {
      const busy = new HopError('busy', 'Too many messages wait for the upstream', { sent: false });
      this.#fail(message.id, busy);
    }
  }

  /** The `initialize` that the client must have sent before this session began. */
  #assumed(): JsonRpcRequest {
    const { initialize } = this.#replayed ?? {};
    if (initialize) return initialize;
    const { clientInfo, clientCapabilities: capabilities = {}, protocolVersion } = this.#session;
    const params = {
      protocolVersion: protocolVersion ?? '2025-11-25',
      capabilities,
      clientInfo: clientInfo ?? { name: 'unknown', version: '0' },
    };
    return { jsonrpc: '2.0', id: 'bridge', method: 'initialize', params };
  }

  #open(initialize: Inbound<JsonRpcRequest>, isAssumed = false): void {
    const { report, send } = this.#surroundings;
    report.changed({ state: 'connecting' });
    const { id } = initialize.message;
    this.#next = new Opening(this.#surroundings, this.#era);
    this.#opening = this.#next.connect(initialize).then(
      async ([response, upstream]) => {
        this.#opening = this.#next = undefined;
        if (this.#isClosed) {
          await upstream?.close();
          return;
        }
        this.#upstream = upstream;
        if (!isAssumed) send(response);
        else if (upstream) this.#introduce(initialize, response, upstream);
        if (!upstream) report.changed({ state: 'failed' });
        this.#goOn('error' in response ? response.error : undefined);
      },
      (error: unknown) => {
        this.#opening = this.#next = undefined;
        report.changed({ state: 'failed' });
        if (!isAssumed) this.#fail(id, error);
        else report.failed(hopErrorOf(error));
        this.#goOn(failureOf(id, notConnected(error)).error);
      },
    );
  }

  /** Repeats the rest of the client's handshake to the upstream. */
  #introduce({ headers }: Inbound, response: JsonRpcResponse, upstream: Upstream): void {
    upstream.receive({ message: INITIALIZED, headers });
    if (!this.#replayed) return;
    for (const message of this.#replayed.requests) upstream.receive({ message, headers });
    if (!('result' in response)) return;
    for (const change of this.#replayed.changes(response.result)) this.#send(change);
  }

  /** Passes the queued messages on, or answers their requests with `error`. */
  #goOn(error: { code: number; message: string; data?: unknown } | undefined): void {
    for (const inbound of this.#waiting.splice(0)) {
      const { message } = inbound;
      if (this.#upstream) this.#upstream.receive(inbound);
      else if (error && isRequest(message)) {
        this.#surroundings.send({ jsonrpc: '2.0', id: message.id, error });
      }
    }
  }

  #fail(id: string | number, error: unknown): void {
    this.#surroundings.report.failed(hopErrorOf(error));
    this.#surroundings.send(failureOf(id, error));
  }
}

const INITIALIZED = { jsonrpc: '2.0' as const, method: 'notifications/initialized' };
