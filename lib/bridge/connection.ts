// The connection of one session to its upstream, made again when it is lost.
import type { JsonRpcMessage, JsonRpcRequest, JsonRpcResponse } from '../index.js';
import { settledWithin } from '../util/promises.js';
import { clearTimeout, setTimeout } from '../util/timers.js';
import { areSameHeaders, type HeaderRecord } from './forwarded-headers.js';
import { HopError, hopErrorOf, isOfCaller, notConnected, refusedHandshake } from './hop-error.js';
import { Link } from './link.js';
import { Memory } from './memory.js';
import type { BridgeSettings } from './options.js';
import { Pauses } from './pauses.js';
import type { Inbound, Surroundings } from './upstream.js';

export interface ConnectionEvents {
  message(message: JsonRpcMessage, link: Link): void;
  /** The link is lost: requests that were sent on it get no answer. */
  lost(link: Link, error: HopError): void;
}

/** One link at a time. */
export class Connection {
  readonly memory: Memory = new Memory();
  readonly #surroundings: Surroundings;
  readonly #events: ConnectionEvents;
  readonly #pauses = new Pauses();
  readonly #closing = new Set<Promise<void>>();
  #link: Link | undefined;
  #connecting: Promise<Link> | undefined;
  /** The headers that the caller had when that attempt began. */
  #caller: HeaderRecord = {};
  /** The link that is connecting. */
  #next: Link | undefined;
  /** Why the last attempt failed. */
  #failure: HopError | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(surroundings: Surroundings, events: ConnectionEvents) {
    this.#surroundings = surroundings;
    this.#events = events;
  }

  /** Undefined while disconnected. */
  get link(): Link | undefined {
    return this.#link;
  }

  /**
   * Makes the first connection by the client's own `initialize`.
   *
   * @throws HopError (as a rejection) when there is no answer
   */
  async open(initialize: Inbound<JsonRpcRequest>): Promise<JsonRpcResponse> {
    const link = this.#newLink();
    try {
      await link.start();
      const response = await link.request(initialize, this.#surroundings.settings.connectTimeoutMs);
      if (!('result' in response)) this.#leave(link);
      else {
        link.agreed(response.result.protocolVersion);
        this.memory.initialized(initialize.message);
        this.#use(link, false);
      }
      return response;
    } catch (error) {
      this.#leave(link);
      throw hopErrorOf(error);
    } finally {
      this.#next = undefined;
    }
  }

  /**
   * Connects again, or joins the attempt that is under way. If that one is refused to headers which
   * the caller has replaced since, another one follows it.
   *
   * @throws HopError (as a rejection)
   */
  again(): Promise<Link> {
    const isRenewed = !areSameHeaders(this.#surroundings.latest(), this.#caller);
    if (!this.#connecting || !isRenewed) return this.#join();
    return this.#connecting.catch((error: unknown) => {
      if (!isOfCaller(hopErrorOf(error).status)) throw error;
      return this.#join();
    });
  }

  #join(): Promise<Link> {
    this.#connecting ??= this.#connectAgain().finally(() => {
      this.#connecting = undefined;
    });
    return this.#connecting;
  }

  /** Gives up a link whose upstream has ended or has forgotten its session. */
  drop(link: Link, error: HopError): void {
    if (this.#link === link) {
      this.#link = undefined;
      this.#pauses.lost();
      this.#surroundings.report.changed({ state: this.#lostState(), pid: undefined });
      this.#againSoon();
    }
    this.#leave(link, link.leave());
    this.#events.lost(link, error);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    if (this.#link) this.#leave(this.#link);
    this.#link = undefined;
    if (this.#connecting) await untilOpen(this.#connecting, this.#surroundings.settings);
    if (this.#next) this.#leave(this.#next);
    await this.#connecting?.catch(() => undefined);
    await Promise.all(this.#closing);
  }

  async #connectAgain(): Promise<Link> {
    const { report, settings } = this.#surroundings;
    this.#throwIfClosed();
    const caller = this.#surroundings.latest();
    this.#caller = caller;
    if (this.#pauses.isTooEarlyFor(caller)) {
      const details = { ...NOT_SENT, cause: this.#failure };
      throw new HopError('unreachable', 'The upstream was lost: try again soon', details);
    }
    const link = this.#newLink();
    report.changed({ state: 'reconnecting' });
    try {
      await link.start();
      const answer = await link.call(
        'initialize',
        this.memory.initialize,
        settings.connectTimeoutMs,
      );
      if (!('result' in answer)) throw refusedHandshake(answer.error, ' again');
      link.agreed(answer.result.protocolVersion);
      await this.#restore(link);
      this.#throwIfClosed();
      this.#use(link, true);
      for (const notification of this.memory.changes(answer.result)) {
        this.#surroundings.send(notification);
      }
      return link;
    } catch (thrown) {
      this.#failure = notConnected(thrown);
      this.#pauses.failed(this.#failure, caller);
      this.#leave(link);
      report.changed({ state: this.#lostState() });
      throw this.#failure;
    } finally {
      this.#next = undefined;
    }
  }

  /** Repeats to this upstream what the session had told the previous one. */
  async #restore(link: Link): Promise<void> {
    const { connectTimeoutMs } = this.#surroundings.settings;
    const headers = this.#surroundings.latest();
    const message = { jsonrpc: '2.0' as const, method: 'notifications/initialized' };
    await link.send({ message, headers });
    for (const { method, params } of this.memory.requests) {
      await link.call(method, params, connectTimeoutMs);
    }
  }

  #lostState(): 'reconnecting' | 'failed' {
    return this.#pauses.givenUp ? 'failed' : 'reconnecting';
  }

  #throwIfClosed(): void {
    if (this.#isClosed) throw new HopError('session-closed', 'The session has ended', NOT_SENT);
  }

  #newLink(): Link {
    this.#next = new Link(this.#surroundings, {
      message: this.#events.message.bind(this.#events),
      lost: this.drop.bind(this),
    });
    return this.#next;
  }

  #use(link: Link, again: boolean): void {
    this.#link = link;
    this.#failure = undefined;
    this.#pauses.opened();
    this.#surroundings.report.opened(link.pid, again);
  }

  /**
   * Connects again without waiting for a message of the client: the upstream may have messages for
   * it.
   */
  #againSoon(): void {
    clearTimeout(this.#timer);
    if (this.#isClosed || this.#pauses.givenUp) return;
    this.#timer = setTimeout(() => {
      if (this.#link || this.#isClosed) return;
      // [node] A timer may fire early, because the event loop's clock lags behind.
      if (this.#pauses.leftMs > 0) {
        this.#againSoon();
        return;
      }
      this.again().catch((error: unknown) => {
        this.#surroundings.report.failed(hopErrorOf(error));
        this.#againSoon();
      });
    }, this.#pauses.leftMs).unref();
  }

  #leave(link: Link, leaving = link.close()): void {
    const left = leaving.catch(() => undefined);
    this.#closing.add(left);
    void left.then(() => this.#closing.delete(left));
  }
}

/**
 * Waits up to `closeTimeoutMs` for an upstream with a URL: it may be about to open a session, which
 * must be ended too.
 */
export async function untilOpen(
  opening: Promise<unknown>,
  settings: BridgeSettings,
): Promise<void> {
  const { upstream, closeTimeoutMs } = settings;
  if (!(upstream instanceof URL)) return;
  await settledWithin(opening, closeTimeoutMs, { keepsAlive: true });
}

const NOT_SENT = { sent: false };
