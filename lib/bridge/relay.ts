// Passes a client's own protocol on to an upstream that speaks it too.
import type {
  JsonRpcMessage,
  JsonRpcNotification,
  JsonRpcRequest,
  JsonRpcResponse,
} from '../index.js';
import { pause } from '../util/promises.js';
import { Connection, type ConnectionEvents } from './connection.js';
import { failureOf, HopError, hopErrorOf } from './hop-error.js';
import { isUnknownSession, type Link } from './link.js';
import { cancelledId, isRequest, isResponse, withoutRequestMeta } from './messages.js';
import { PendingRequests, type PendingRequest } from './pending-requests.js';
import type { Inbound, Surroundings, Upstream } from './upstream.js';

/** Pauses, in milliseconds, before each further attempt to send a request. */
const RETRY_MS = [100, 200, 400, 800, 1_600];

/** Passes messages on as they are: the very objects, in the order in which they came. */
export class Relay implements Upstream, ConnectionEvents {
  readonly #surroundings: Surroundings;
  readonly #connection: Connection;
  readonly #pending: PendingRequests;

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
    this.#connection = new Connection(surroundings, this);
    this.#pending = new PendingRequests(
      surroundings.settings.requestTimeoutMs,
      this.#settled.bind(this),
    );
  }

  /** Whether the upstream keeps a session for this one; a process always does. */
  get hasSession(): boolean {
    const { link } = this.#connection;
    return link !== undefined && (link.hasSession || link.pid !== undefined);
  }

  /**
   * Connects by the client's own `initialize`, and returns the answer of the upstream.
   *
   * @throws HopError (as a rejection) when there is no answer
   */
  initialize(initialize: Inbound<JsonRpcRequest>): Promise<JsonRpcResponse> {
    return this.#connection.open(initialize);
  }

  receive({ message, headers }: Inbound): void {
    if (isRequest(message)) {
      this.#surroundings.report.count('requests');
      this.#connection.memory.requested(message);
      const params = withoutRequestMeta(message.params);
      const passed = params === message.params ? message : { ...message, params };
      void this.#deliver(this.#pending.add({ message: passed, headers }));
    } else if (isResponse(message)) {
      if (!this.#surroundings.calls.answer(message)) this.#surroundings.report.count('dropped');
    } else this.#notify({ message, headers });
  }

  async close(): Promise<void> {
    this.#pending.clear();
    await this.#connection.close();
  }

  /** A message of the upstream. */
  message(message: JsonRpcMessage, link: Link): void {
    const { calls, report, send } = this.#surroundings;
    if (isResponse(message)) {
      if (!this.#pending.settle(message.id, message)) report.count('dropped');
    } else if (isRequest(message)) {
      report.count('clientRequests');
      calls.ask(message, link, (answer) => {
        this.#sendTo(link, { jsonrpc: '2.0', id: message.id, ...answer });
      });
    } else if (message.method === 'notifications/cancelled') {
      calls.cancel(link, message.params?.requestId, message.params?.reason);
    } else {
      if (message.method === 'notifications/progress') {
        this.#pending.prolong(message.params?.progressToken);
      }
      send(message);
    }
  }

  lost(link: Link, error: HopError): void {
    this.#surroundings.calls.cancelAll(link);
    if (!isUnknownSession(error)) this.#pending.settleAll(link, error);
    else {
      // `#deliver` sends refused requests again. The upstream was working on the others.
      const forgotten = new HopError('closed', 'The upstream has forgotten the session');
      this.#pending.settleAll(link, forgotten, 'taken');
    }
  }

  #settled({ message, headers, link }: PendingRequest, outcome: JsonRpcResponse | HopError): void {
    const { report, send } = this.#surroundings;
    if (!(outcome instanceof HopError)) {
      send(outcome);
      return;
    }
    report.failed(outcome);
    send(failureOf(message.id, outcome));
    if (outcome.reason !== 'timeout' || !link) return;
    const params = { requestId: message.id, reason: outcome.message };
    this.#sendTo(link, { jsonrpc: '2.0', method: 'notifications/cancelled', params }, headers);
  }

  /** Sends a request, and repeats it if the upstream has certainly not seen it. */
  async #deliver(pending: PendingRequest): Promise<void> {
    for (let attempt = 0; ; attempt += 1) {
      const failed = await this.#try(pending);
      if (!failed || !this.#pending.has(pending)) return;
      const { link } = pending;
      const isForgotten = link?.hasSession === true && isUnknownSession(failed);
      if (isForgotten) this.#connection.drop(link, failed);
      const pauseMs = RETRY_MS[attempt];
      // Not sent, because the connection was lost just before.
      const wasLost = !failed.sent && failed.reason === 'closed' && this.#connection.link !== link;
      const mayTry = isForgotten || wasLost || failed.reason === 'unreachable';
      if (pauseMs === undefined || !mayTry) {
        // The cause of the pause says more than the pause.
        const { cause } = failed;
        const isWhy = failed.reason === 'unreachable' && cause instanceof HopError;
        this.#pending.settle(pending.message.id, isWhy ? cause : failed);
        return;
      }
      // An upstream that has just restarted is reachable at once.
      if (!isForgotten || attempt > 0) await pause(pauseMs);
    }
  }

  /** Awaits nothing before a request is sent on an open link, so that requests stay in order. */
  async #try(pending: PendingRequest): Promise<HopError | undefined> {
    try {
      const link = this.#connection.link ?? (await this.#connection.again());
      if (!this.#pending.has(pending)) return undefined;
      pending.link = link;
      await link.send(pending, () => {
        if (!this.#pending.has(pending)) return;
        const error = new HopError('closed', 'The upstream ended the stream before its answer');
        this.#pending.settle(pending.message.id, error);
      });
      pending.isTaken = true;
      return undefined;
    } catch (error) {
      return hopErrorOf(error);
    }
  }

  #notify({ message, headers }: Inbound<JsonRpcNotification>): void {
    const { link } = this.#connection;
    const cancelled = cancelledId(message);
    // A connection knows nothing of the requests on the previous one.
    if (cancelled !== undefined && this.#pending.remove(cancelled)?.link !== link) return;
    if (link) this.#sendTo(link, message, headers);
    else this.#surroundings.report.count('dropped');
  }

  /** Sends a notification or an answer, for which no caller waits. */
  #sendTo(link: Link, message: JsonRpcMessage, headers = this.#surroundings.latest()): void {
    if (this.#connection.link !== link) {
      this.#surroundings.report.count('dropped');
      return;
    }
    link.send({ message, headers }).catch((error: unknown) => {
      this.#surroundings.report.failed(hopErrorOf(error));
    });
  }
}
