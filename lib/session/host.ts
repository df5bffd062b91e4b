// The port to sessions, wherever they live.
import type { ConnectionWriter } from '../stream/connection-writer.js';
import type { JsonRpcMessage } from '../wire/json-rpc.js';
import type { RequestFacts } from './request-facts.js';
import type { ResumeClaim } from './resume/resume-claim.js';

/** The place where sessions live: this node, or another one. */
export interface Host {
  /**
   * Hands messages to their session, all or none. The session has them when it returns or resolves.
   *
   * @throws McpSseError `session-not-found`, `shutting-down`, or as `Receiver.receive`.
   */
  post(post: InboundPost): void | Promise<void>;
  /** Finds the id of the claimant's session. @throws McpSseError as `SessionRegistry.resume` */
  find(claimant: Claimant): string | Promise<string>;
  /**
   * Attaches a new stream to the claimant's session. Its first event announces `messageUrl`.
   *
   * @param begin begins the stream; called once nothing can refuse it any more
   * @throws McpSseError as `SessionRegistry.resume`
   */
  attach(
    claimant: Claimant,
    messageUrl: string,
    begin: () => ConnectionWriter,
  ): void | Promise<void>;
  /** As `Session.send`. @throws McpSseError (as a rejection) also `session-not-found` */
  send(sessionId: string, message: JsonRpcMessage): Promise<void>;
}

/** A client's POST, checked and parsed: plain data that can travel to another node. */
export interface InboundPost {
  readonly sessionId: string;
  readonly principal: string | undefined;
  /** The position up to which the client has read, from the URL of the POST; not verified yet. */
  readonly position: string | undefined;
  readonly messages: readonly JsonRpcMessage[];
  readonly facts: RequestFacts;
  /** An estimate of the bytes of memory that the messages take. */
  readonly bytes: number;
}

/** A returning client with the claim on its session: plain data, too. */
export interface Claimant {
  readonly claim: ResumeClaim;
  readonly principal: string | undefined;
}
