// The port to sessions, wherever they live.
import type { ConnectionWriter } from '../stream/connection-writer.js';
import type { JsonRpcMessage } from '../wire/json-rpc.js';
import type { RequestFacts } from './request-facts.js';
import type { ResumeClaim } from './resume/resume-claim.js';

/** The place where sessions live: this node, or another one. */
export interface Host {
  /**
   * Hands messages to their session, all or none. When it returns, or resolves, the session has
   * them.
   *
   * @throws McpSseError `session-not-found`, `shutting-down`, or as `Receiver.receive`.
   */
  post(post: InboundPost): void | Promise<void>;
  /** The id of the claimant's session. @throws McpSseError as `SessionRegistry.resume` */
  find(claimant: Claimant): string | Promise<string>;
  /**
   * Attaches a new stream, which is told `messageUrl` first, to the claimant's session.
   *
   * @param begin called once the session is sure to take the stream
   * @throws McpSseError as `SessionRegistry.resume`
   */
  attach(
    claimant: Claimant,
    messageUrl: string,
    begin: () => ConnectionWriter,
  ): void | Promise<void>;
  /** As `Session.send`. @throws McpSseError (as a rejection) `session-not-found`, too */
  send(sessionId: string, message: JsonRpcMessage): Promise<void>;
}

/** A client's POST, checked and parsed: plain data that can travel to another node. */
export interface InboundPost {
  readonly sessionId: string;
  readonly principal: string | undefined;
  /** How far the client has read, from the URL of the POST; still to be verified. */
  readonly position: string | undefined;
  readonly messages: readonly JsonRpcMessage[];
  readonly facts: RequestFacts;
  /** An estimate of the bytes of memory that the messages take. */
  readonly bytes: number;
}

/** A client that claims a session that it had: plain data, too. */
export interface Claimant {
  readonly claim: ResumeClaim;
  readonly principal: string | undefined;
}
