// Answers the calls of other nodes.
/** Answers the requests of other nodes to this one. */
import { McpSseError } from '../../errors.js';
import type { Probes } from '../../session/resume/probes.js';
import type { LocalHost } from '../../session/local-host.js';
import { ConnectionWriter, type WriterOptions } from '../../stream/connection-writer.js';
import { withDeadline } from '../../util/promises.js';
import { checked, type Operations } from './operations.js';
import type { Peer } from '../peer.js';

/** How long a node that sends to a session of ours is held back by its reader at most. */
const ROOM_MS = 2_000;

export class IncomingCalls<Data> {
  readonly #localHost: LocalHost<Data>;
  readonly #probes: Probes;
  readonly #limits: WriterOptions;

  constructor(localHost: LocalHost<Data>, probes: Probes, limits: WriterOptions) {
    this.#localHost = localHost;
    this.#probes = probes;
    // What may wait is bounded by the session's pump, as on a connection of its own.
    this.#limits = { ...limits, maxBufferedBytes: Infinity };
  }

  /** @throws McpSseError (as a rejection) which refuses it */
  async answer(operation: string, parameters: unknown, peer: Peer): Promise<unknown> {
    switch (operation) {
      case 'post':
        await this.#localHost.post(checked('post', parameters));
        return undefined;
      case 'find':
        return this.#localHost.find(checked('find', parameters));
      case 'attach':
        this.#attach(checked('attach', parameters), peer);
        return undefined;
      case 'probe': {
        const { id, ...answer } = checked('probe', parameters);
        this.#probes.answered(id, answer);
        return undefined;
      }
      case 'send':
        return this.#send(checked('send', parameters));
      case 'broadcast': {
        const { message, principal } = checked('broadcast', parameters);
        return this.#localHost.broadcast(message, principal === undefined ? {} : { principal });
      }
      case 'announce':
        this.#localHost.announce(checked('announce', parameters));
        return undefined;
      case 'usage':
        return this.#localHost.usage();
      default:
        throw new McpSseError('invalid-message', 'no operation of this version');
    }
  }

  #attach({ messageUrl, channel, ...client }: Operations['attach'], peer: Peer): void {
    const begin = (): ConnectionWriter =>
      new ConnectionWriter(peer.exportStream(channel), this.#limits);
    this.#localHost.attach(client, messageUrl, begin);
  }

  async #send({ sessionId, message }: Operations['send']): Promise<void> {
    const late = (): McpSseError => new McpSseError('request-timeout', 'the reader is slow');
    try {
      await withDeadline(this.#localHost.send(sessionId, message), ROOM_MS, late);
    } catch (thrown) {
      const error = McpSseError.from(thrown);
      // The session has the message; its bounds look after the rest.
      if (error.code !== 'request-timeout') throw error;
    }
  }
}
