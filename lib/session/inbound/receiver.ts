// The incoming half of a session: passes messages to its server in order.
import { McpSseError } from '../../errors.js';
import { sessionNotFound } from '../session-not-found.js';
import { cancelledRequest, isRequest, type JsonRpcMessage } from '../../wire/json-rpc.js';
import { deliver } from '../../util/delivery.js';
import type { RequestFacts } from '../request-facts.js';
import type { MessageSink, Session } from '../session.js';
import { checkInitialize } from './handshake.js';
import { InFlight } from './in-flight.js';
import { ScopeGate, type ScopeCheck } from './scope-gate.js';

/**
 * Milliseconds for which a cancelled request keeps its slot if the server does not report the end
 * of its work: SDK servers do not answer it.
 */
const CANCELLED_MS = 2_000;

/** The members of a session that a receiver uses. */
export interface ReceivingSession {
  /** The handle that the application gets. */
  readonly handle: object;
  readonly state: Session['state'];
  readonly handOver?: { readonly frozen: boolean } | undefined;
  /**
   * Notes a message of the client. Returns the message for the server, if any. `body` is its POST;
   * undefined for a member of a batch.
   */
  messageReceived(message: JsonRpcMessage, body?: RequestFacts): JsonRpcMessage | undefined;
  /** The client's requests hold `bytes` of memory more, or fewer if negative. */
  heldBytesChanged(bytes: number): void;
  /** The server threw. */
  deliveryFailed(message: JsonRpcMessage, error: McpSseError): void;
}

/** The incoming half of a session: passes the client's messages to its server in order. */
export class Receiver {
  readonly inFlight: InFlight;
  readonly #session: ReceivingSession;
  readonly #maxConcurrentRequests: number;
  #sink: MessageSink | undefined;
  #scopeGate: ScopeGate | undefined;

  constructor(session: ReceivingSession, maxConcurrentRequests: number) {
    this.#session = session;
    this.#maxConcurrentRequests = maxConcurrentRequests;
    this.inFlight = new InFlight(session, maxConcurrentRequests);
  }

  /** Sets the receiver of the messages. */
  serveWith(sink: MessageSink): void {
    this.#sink = sink;
  }

  /** Sets the check of a caller's scopes for a request. */
  checkScopes(check: ScopeCheck): void {
    this.#scopeGate = new ScopeGate(check, this.#session, this.#maxConcurrentRequests);
  }

  /**
   * Takes the messages of one POST, all or none: in this tick, unless the check of their scopes
   * takes longer.
   *
   * @param bytes of memory that the messages hold
   * @throws McpSseError as `checkInitialize`, `ScopeGate.pass` and `InFlight.admit`;
   * `session-not-found` if the session has closed.
   */
  receive(
    messages: readonly JsonRpcMessage[],
    facts: RequestFacts,
    bytes = 0,
  ): void | Promise<void> {
    if (this.#isClosed()) throw sessionNotFound();
    messages.forEach(checkInitialize);
    if (!this.#scopeGate) {
      this.#take(messages, facts, bytes);
      return;
    }
    return this.#scopeGate.pass(messages, facts, bytes, () => {
      if (this.#isClosed()) throw sessionNotFound();
      if (this.#session.handOver?.frozen) {
        throw new McpSseError('shutting-down', 'the session is moving to another node: try again');
      }
      this.#take(messages, facts, bytes);
    });
  }

  #take(messages: readonly JsonRpcMessage[], facts: RequestFacts, bytes: number): void {
    this.inFlight.admit(messages, bytes);
    const body = messages.length === 1 ? facts : undefined;
    for (const message of messages) this.#deliver(message, facts, body);
  }

  /** Passes a message to the server that no client has sent. */
  say(message: JsonRpcMessage, facts: RequestFacts): void {
    this.inFlight.admit([message]);
    this.#sink?.receive(message, facts);
  }

  /** The session is over: aborts running requests. */
  close(reasonOf: () => McpSseError): void {
    this.inFlight.cancelAll(reasonOf);
    // Work whose end is not reported counts as over now.
    if (!this.#sink?.reportsCompletion) this.inFlight.releaseCancelledBefore(Infinity);
    this.#sink?.closed();
  }

  /** Frees the slots of requests that were cancelled a while before `now`. */
  sweep(now: number): void {
    if (!this.#sink?.reportsCompletion) {
      this.inFlight.releaseCancelledBefore(now - CANCELLED_MS);
    }
  }

  #deliver(message: JsonRpcMessage, facts: RequestFacts, body?: RequestFacts): void {
    // An earlier member of the batch, or a hook, may have closed the session.
    const passedOn = this.#isClosed() ? undefined : this.#session.messageReceived(message, body);
    if (!passedOn) {
      // No server works on it, so none will release it.
      if (isRequest(message)) this.inFlight.release(message.id);
      return;
    }
    try {
      deliver(this.#session.handle, message, () => this.#sink?.receive(passedOn, facts));
    } catch (error) {
      this.#session.deliveryFailed(message, McpSseError.from(error, 'server-failed'));
    }
    // After the sink: an SDK server aborts the handler by itself and answers no more.
    const cancelled = cancelledRequest(message);
    if (cancelled !== undefined) this.inFlight.cancel(cancelled, cancellation());
  }

  #isClosed(): boolean {
    return this.#session.state === 'closed';
  }
}

function cancellation(): McpSseError {
  return new McpSseError('request-cancelled', 'the client has cancelled the request');
}
