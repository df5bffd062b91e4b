// The port for the events of a session.
import type { McpSseError } from '../errors.js';
import type { ConnectionWriter } from '../stream/connection-writer.js';
import type { JsonRpcMessage } from '../wire/json-rpc.js';
import type { RequestFacts } from './request-facts.js';
import type { CloseReason } from './session.js';

/** Receives the events of a session. Methods must not throw. */
export interface SessionObserver<Session> {
  /** `body` is the POST; undefined for a member of a batch. */
  received(session: Session, message: JsonRpcMessage, body?: RequestFacts): void;
  sent(session: Session, message: JsonRpcMessage, bytes: number): void;
  /** `count` messages or answers will never reach the client. */
  discarded(session: Session, count: number): void;
  failed(session: Session, error: McpSseError): void;
  /** The stream is lost, and the session waits for its client. */
  detached(session: Session, reason: CloseReason): void;
  resumed(session: Session): void;
  /** The handshake is done. */
  initialized(session: Session): void;
  /** A write had to wait for the client, and the wait is over. */
  stalled(session: Session, writer: ConnectionWriter): void;
  /** The session holds `bytes` of memory more, or fewer if negative. */
  heldBytesChanged(session: Session, bytes: number): void;
  closed(session: Session, reason: CloseReason): void;
  /** The session continues on another node. It is gone here, but was not closed. */
  handedOver(session: Session, node: string): void;
}
