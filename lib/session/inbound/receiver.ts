import { McpSseError } from '../../errors.js';
import {
  cancelledRequest,
  isResponse,
  type JsonRpcMessage,
  type JsonRpcResponse,
} from '../../wire/json-rpc.js';
import { InFlight } from './in-flight.js';
import type { RequestFacts } from '../request-facts.js';
import type { MessageSink, Session } from '../session.js';

/** What an inlet tells its session. */
export interface ReceiverOwner {
  readonly state: Session['state'];
  /** A message is here, before it goes anywhere; `body` is its POST, where it came alone. */
  messageReceived(message: JsonRpcMessage, body?: RequestFacts): void;
  /** Whether the response answers a request of the session itself. */
  responseReceived(response: JsonRpcResponse): boolean;
  /** The message goes on to whoever serves the session. */
  messageDelivered(): void;
  /** Whoever serves the session threw. */
  deliveryFailed(message: JsonRpcMessage, error: McpSseError): void;
}

/** The incoming half of a session: takes the client's messages and passes them on in order. */
export class Receiver {
  readonly inFlight: InFlight;
  readonly #owner: ReceiverOwner;
  #sink: MessageSink | undefined;

  constructor(owner: ReceiverOwner, inFlightLimit: number) {
    this.#owner = owner;
    this.inFlight = new InFlight(inFlightLimit);
  }

  /** Who gets the messages. */
  serveWith(sink: MessageSink): void {
    this.#sink = sink;
  }

  /**
   * Takes the messages of one POST, all or none.
   *
   * @throws McpSseError as `InFlight.admit`; `session-not-found` when the session has closed.
   */
  receive(messages: readonly JsonRpcMessage[], facts: RequestFacts): void {
    if (this.#isClosed()) throw new McpSseError('session-not-found', 'no such session');
    this.inFlight.admit(messages);
    const body = messages.length === 1 ? facts : undefined;
    for (const message of messages) this.#deliver(message, facts, body);
  }

  /** The session is over: what runs is told to stop. */
  close(reason: McpSseError): void {
    this.inFlight.cancelAll(reason);
    this.#sink?.closed();
  }

  #deliver(message: JsonRpcMessage, facts: RequestFacts, body?: RequestFacts): void {
    // An earlier member of the batch, or a hook, may have closed the session.
    if (this.#isClosed()) return;
    this.#owner.messageReceived(message, body);
    if (this.#isClosed()) return;
    if (isResponse(message) && this.#owner.responseReceived(message)) return;
    this.#owner.messageDelivered();
    try {
      this.#sink?.receive(message, facts);
    } catch (error) {
      this.#owner.deliveryFailed(message, McpSseError.from(error, 'server-failed'));
    }
    // After the sink: an SDK server aborts the handler by itself and answers no more.
    const cancelled = cancelledRequest(message);
    if (cancelled !== undefined) this.inFlight.cancel(cancelled, cancellation());
  }

  #isClosed(): boolean {
    return this.#owner.state === 'closed';
  }
}

function cancellation(): McpSseError {
  return new McpSseError('request-cancelled', 'the client has cancelled the request');
}
