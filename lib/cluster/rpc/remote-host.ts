// The port to the sessions of another node.
import { McpSseError } from '../../errors.js';
import type { Claimant, Host, InboundPost } from '../../session/host.js';
import { sessionNotFound } from '../../session/session-not-found.js';
import type { Probes } from '../../session/resume/probes.js';
import type { ConnectionWriter } from '../../stream/connection-writer.js';
import type { JsonRpcMessage } from '../../wire/json-rpc.js';
import type { Peer } from '../peer.js';
import { resourceOf, type Operation, type Operations } from './operations.js';
import { unreachable } from './outgoing-calls.js';

/**
 * Each request may also fail as `Peer.call` does: `session-not-found` if the node is gone,
 * `adapter-unavailable` if nothing could be sent, `outcome-unknown` if there is no answer.
 */
export class RemoteHost implements Host {
  readonly #peer: Peer;
  readonly #probes: Probes;
  readonly #undeliverable: () => McpSseError | undefined;

  /** @param undeliverable returns an error if nothing can be delivered to its sessions now */
  constructor(
    peer: Peer,
    probes: Probes,
    undeliverable: () => McpSseError | undefined = () => undefined,
  ) {
    this.#peer = peer;
    this.#probes = probes;
    this.#undeliverable = undeliverable;
  }

  /** The name of the node. */
  get node(): string {
    return this.#peer.node;
  }

  /** The error if a message cannot be delivered, whatever its contents; undefined if it may be. */
  get refusal(): McpSseError | undefined {
    return this.#undeliverable();
  }

  async post(inbound: InboundPost): Promise<void> {
    settleProbes(inbound, this.#probes);
    await this.#deliver('post', { ...inbound, resource: resourceOf(inbound.facts) });
  }

  async find(client: Claimant): Promise<string> {
    const sessionId = await this.#request('find', client);
    if (typeof sessionId === 'string') return sessionId;
    throw sessionNotFound();
  }

  async attach(client: Claimant, messageUrl: string, begin: () => ConnectionWriter): Promise<void> {
    const { channel, stream } = this.#peer.importStream();
    try {
      await this.#request('attach', { ...client, messageUrl, channel });
      stream.begin(begin());
    } catch (error) {
      stream.abandon();
      throw error;
    }
  }

  async send(sessionId: string, message: JsonRpcMessage): Promise<void> {
    await this.#deliver('send', { sessionId, message });
  }

  /**
   * Delivers a message. A client that has lost its stream needs an answer soon: if its node is only
   * likely to be gone, it gets a new session. A refused message can wait: its session may live on a
   * node that has merely lost the adapter.
   */
  async #deliver<Name extends Operation>(operation: Name, params: Operations[Name]): Promise<void> {
    try {
      await this.#request(operation, params);
    } catch (thrown) {
      const error = McpSseError.from(thrown);
      const isGuess = this.#peer.ended && !this.#peer.isKnownToBeGone;
      throw error.code === 'session-not-found' && isGuess ? unreachable() : error;
    }
  }

  #request<Name extends Operation>(operation: Name, params: Operations[Name]): Promise<unknown> {
    return this.#peer.call(operation, params);
  }
}

/** The sessions of an unknown node: every request fails at once. */
export class UnknownHost implements Host {
  /** The error of every request. */
  readonly refusal: McpSseError;
  readonly #probes: Probes;

  constructor(refusal: McpSseError, probes: Probes) {
    this.refusal = refusal;
    this.#probes = probes;
  }

  async post(inbound: InboundPost): Promise<void> {
    settleProbes(inbound, this.#probes);
    throw this.refusal;
  }

  async find(): Promise<string> {
    throw this.refusal;
  }

  async attach(): Promise<void> {
    throw this.refusal;
  }

  async send(): Promise<void> {
    throw this.refusal;
  }
}

/**
 * Passes answers to probes directly to the node that asked, not through the session's owner: an
 * owner with a blocked event loop would pass them on too late, and the session would be lost. The
 * owner checks the principal when the stream is attached.
 */
function settleProbes({ messages, sessionId, position }: InboundPost, probes: Probes): void {
  for (const message of messages) probes.settle(message, { sessionId, position });
}
