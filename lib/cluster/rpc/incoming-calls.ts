// Answers the calls of other nodes.
import { McpSseError } from '../../errors.js';
import type { Probes } from '../../session/resume/probes.js';
import type { LocalHost } from '../../session/local-host.js';
import { ConnectionWriter, type WriterOptions } from '../../stream/connection-writer.js';
import { withDeadline } from '../../util/promises.js';
import { checked, type Operations } from './operations.js';
import type { Adoptions } from '../handover/adoptions.js';
import type { BroadcastClock } from '../handover/broadcast-clock.js';
import type { KeptCalls } from '../ledger/kept-calls.js';
import type { MovedSessions } from '../handover/moved-sessions.js';
import type { Peer } from '../peer.js';
import type { Relays } from '../relay/relays.js';
import { otherVersion } from '../../session/other-version.js';

/** The longest time that a slow client may delay a `send` from another node. */
const ROOM_MS = 2_000;

/** The parts of incoming calls. */
export interface IncomingParts<Data> {
  readonly localHost: LocalHost<Data>;
  readonly probes: Probes;
  readonly limits: WriterOptions;
  readonly adoptions: Adoptions<Data>;
  readonly moved: MovedSessions;
  readonly relays: Relays;
  readonly broadcasts: BroadcastClock;
  readonly keptCalls: KeptCalls;
}

export class IncomingCalls<Data> {
  readonly #localHost: LocalHost<Data>;
  readonly #probes: Probes;
  readonly #limits: WriterOptions;
  readonly #adoptions: Adoptions<Data>;
  readonly #moved: MovedSessions;
  readonly #relays: Relays;
  readonly #broadcasts: BroadcastClock;
  readonly #keptCalls: KeptCalls;

  constructor({ localHost, probes, limits, ...handOver }: IncomingParts<Data>) {
    this.#localHost = localHost;
    this.#probes = probes;
    this.#adoptions = handOver.adoptions;
    this.#moved = handOver.moved;
    this.#relays = handOver.relays;
    this.#broadcasts = handOver.broadcasts;
    this.#keptCalls = handOver.keptCalls;
    // The session's pump bounds what waits, as on a connection of its own.
    this.#limits = { ...limits, maxBufferedBytes: Infinity };
  }

  /** @throws McpSseError (as a rejection) that refuses the call */
  async answer(operation: string, parameters: unknown, peer: Peer): Promise<unknown> {
    switch (operation) {
      case 'post':
        await this.#localHost.post(checked('post', parameters));
        return undefined;
      case 'find':
        return this.#localHost.find(checked('find', parameters));
      case 'attach':
        await this.#attach(checked('attach', parameters), peer);
        return undefined;
      case 'probe': {
        const { id, ...answer } = checked('probe', parameters);
        this.#probes.answered(id, answer);
        return undefined;
      }
      case 'send':
        return this.#send(checked('send', parameters));
      case 'broadcast':
        return this.#broadcast(checked('broadcast', parameters), peer.node);
      case 'offer':
        return this.#adoptions.offer(checked('offer', parameters));
      case 'adopt':
        return this.#adoptions.adopt(checked('adopt', parameters), peer);
      case 'commit':
        return taken(this.#adoptions.commit(checked('commit', parameters), peer));
      case 'abort':
        this.#adoptions.abort(checked('abort', parameters), peer);
        return undefined;
      case 'table':
        return this.#localHost.foreignNames();
      case 'moved': {
        const { names, to } = checked('moved', parameters);
        for (const name of names) this.#moved.set(name, to);
        return undefined;
      }
      case 'announce':
        this.#localHost.announce(checked('announce', parameters));
        return undefined;
      case 'usage':
        return this.#localHost.usage();
      case 'keepCalls':
        this.#keptCalls.keep(peer.node, checked('keepCalls', parameters));
        return undefined;
      case 'noteCalls':
        this.#keptCalls.note(peer.node, checked('noteCalls', parameters));
        return undefined;
      case 'copyCalls':
        this.#keptCalls.keepCopy(checked('copyCalls', parameters));
        return undefined;
      case 'keptNodes':
        return this.#keptCalls.nodes;
      case 'lostCalls':
        return this.#keptCalls.find(checked('lostCalls', parameters));
      case 'forgetCalls':
        this.#keptCalls.forget(checked('forgetCalls', parameters));
        return undefined;
      default:
        throw otherVersion('an unknown call');
    }
  }

  async #attach(
    { messageUrl, channel, ...client }: Operations['attach'],
    peer: Peer,
  ): Promise<void> {
    const begin = (): ConnectionWriter => {
      const response = peer.exportStream(channel);
      const writer = new ConnectionWriter(response, this.#limits);
      this.#relays.add(writer, { node: peer.node, channel, response });
      return writer;
    };
    await this.#localHost.attach(client, messageUrl, begin);
  }

  #broadcast({ message, principal, n }: Operations['broadcast'], node: string): number {
    const audience = principal === undefined ? {} : { principal };
    if (n === undefined) return this.#localHost.broadcast(message, audience);
    this.#broadcasts.note({ node, n, message, principal });
    return this.#localHost.broadcast(message, audience, { node, n });
  }

  async #send({ sessionId, message }: Operations['send']): Promise<void> {
    await taken(this.#localHost.send(sessionId, message));
  }
}

/** Resolves when the session has the message. Its limits handle a slow client. */
async function taken(sent: Promise<unknown>): Promise<void> {
  const late = (): McpSseError => new McpSseError('request-timeout', 'the client reads too slowly');
  try {
    await withDeadline(sent, ROOM_MS, late);
  } catch (thrown) {
    const error = McpSseError.from(thrown);
    if (error.code !== 'request-timeout') throw error;
  }
}
