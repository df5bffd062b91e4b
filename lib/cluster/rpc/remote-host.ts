import { McpSseError } from '../../errors.js';
import type { Host, InboundPost, Claimant } from '../../session/host.js';
import type { ConnectionWriter } from '../../stream/connection-writer.js';
import type { JsonRpcMessage } from '../../wire/json-rpc.js';
import type { Operation, Operations } from './operations.js';
import type { Peer } from '../peer.js';

/**
 * The sessions of another node. Each request may also fail as `OutgoingCalls.call` does:
 * `session-not-found` when the node is no more, `adapter-unavailable` when nothing could be sent,
 * `outcome-unknown` when there is no answer.
 */
export class RemoteHost implements Host {
  readonly #peer: Peer;

  constructor(peer: Peer) {
    this.#peer = peer;
  }

  async post(posting: InboundPost): Promise<void> {
    await this.#request('post', posting);
  }

  async find(client: Claimant): Promise<string> {
    const sessionId = await this.#request('find', client);
    if (typeof sessionId === 'string') return sessionId;
    throw new McpSseError('session-not-found', 'no such session');
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

  #request<Name extends Operation>(
    operation: Name,
    parameters: Operations[Name],
  ): Promise<unknown> {
    return this.#peer.call(operation, parameters);
  }
}
