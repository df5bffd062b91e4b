// The port to the sessions of another node.
/** The sessions of another node. */
import type { McpSseError } from '../../errors.js';
import type { Claimant, Host, InboundPost } from '../../session/host.js';
import { sessionNotFound } from '../../session/session-not-found.js';
import type { Probes } from '../../session/resume/probes.js';
import type { ConnectionWriter } from '../../stream/connection-writer.js';
import type { JsonRpcMessage } from '../../wire/json-rpc.js';
import type { Peer } from '../peer.js';
import { resourceOf, type Operation, type Operations } from './operations.js';

/**
 * Each request may also fail as `Peer.call` does: `session-not-found` when the node is no more,
 * `adapter-unavailable` when nothing could be sent, `outcome-unknown` when there is no answer.
 */
export class RemoteHost implements Host {
  readonly #peer: Peer;
  readonly #probes: Probes;

  constructor(peer: Peer, probes: Probes) {
    this.#peer = peer;
    this.#probes = probes;
  }

  async post(inbound: InboundPost): Promise<void> {
    settleProbes(inbound, this.#probes);
    await this.#request('post', { ...inbound, resource: resourceOf(inbound.facts) });
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
    await this.#request('send', { sessionId, message });
  }

  #request<Name extends Operation>(operation: Name, params: Operations[Name]): Promise<unknown> {
    return this.#peer.call(operation, params);
  }
}

/** The sessions of a node of which nothing was ever heard: every request fails at once. */
export class UnknownHost implements Host {
  /** What every request fails with. */
  readonly error: McpSseError;
  readonly #probes: Probes;

  constructor(error: McpSseError, probes: Probes) {
    this.error = error;
    this.#probes = probes;
  }

  async post(inbound: InboundPost): Promise<void> {
    settleProbes(inbound, this.#probes);
    throw this.error;
  }

  async find(): Promise<string> {
    throw this.error;
  }

  async attach(): Promise<void> {
    throw this.error;
  }

  async send(): Promise<void> {
    throw this.error;
  }
}

/**
 * An answer to a probe goes to the node that has asked, not by way of the session's owner: one
 * whose event loop is blocked would answer after the probe has given up, and the session be lost.
 * Whose session it is, the owner checks when the stream is attached.
 */
function settleProbes({ messages, sessionId, position }: InboundPost, probes: Probes): void {
  for (const message of messages) probes.settle(message, { sessionId, position });
}
