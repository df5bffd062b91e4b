// Delivers to a session, on whichever node it lives.
/** Delivers to a session, wherever it lives. */
import { McpSseError } from '../errors.js';
import type { Probes } from '../session/resume/probes.js';
import type { Host, Claimant } from '../session/host.js';
import type { Audience } from '../session/audience.js';
import type { Change } from '../session/changes.js';
import type { LocalHost } from '../session/local-host.js';
import { usageOf, type McpSseUsage, type UsageReport } from '../session/events/usage-rows.js';
import { sessionNotFound } from '../session/session-not-found.js';
import { withDeadline } from '../util/promises.js';
import type { WriterOptions } from '../stream/connection-writer.js';
import type { JsonRpcNotification } from '../wire/json-rpc.js';
import { IncomingCalls } from './rpc/incoming-calls.js';
import type { Adapter } from './adapter/adapter.js';
import type { ByteAccount } from './link/link-budget.js';
import { Membership } from './membership.js';
import type { Peer } from './peer.js';
import { nodeOfProbe, nodeOfSession } from './node-name.js';
import { unreachable } from './rpc/outgoing-calls.js';
import { RemoteHost, UnknownHost } from './rpc/remote-host.js';
import { checkedUsage } from './rpc/usage-reply.js';

/** How long the other nodes may take to say whether a client's session is theirs. */
const SEARCH_MS = 2_000;
/** How long the other nodes may take to say what they have counted. */
const USAGE_MS = 2_000;
/** A broadcast waits this long for a node that is silent. */
const BROADCAST_MS = 30_000;

/** What `stats()` tells of the traffic between nodes: gauges of now, and counters. */
export interface ClusterStats {
  /** The name of this node, as in its sessions' ids. */
  node: string;
  /** Whether the adapter is in reach. */
  up: boolean;
  /** Nodes that are there now, this one included. */
  nodes: number;
  /** Streams now of other nodes' sessions to clients here, and of our sessions to clients there. */
  streamsImported: number;
  streamsExported: number;
  /** Requests of this node to others (POSTs passed on, most of them), and of others to it. */
  requestsSent: number;
  requestsReceived: number;
  /** Frames sent once more, since the adapter had lost them or was too slow. */
  resent: number;
  /** Bytes that wait for other nodes now, or for their acknowledgement. */
  queuedBytes: number;
  /** Frames that were dropped because their signature was missing, wrong or too old. */
  rejectedFrames: number;
}

/** A session that a client comes back to, and where it lives. */
export interface Located {
  readonly host: Host;
  readonly sessionId: string;
}

/** What a dispatcher works with. */
export interface DispatcherParts<Data> {
  /** The name of this node. */
  readonly node: string;
  readonly localHost: LocalHost<Data>;
  readonly probes: Probes;
  /** Undefined where this is the only node. */
  readonly adapter: Adapter | undefined;
  readonly limits: WriterOptions;
  /** Counts the bytes that wait for other nodes. */
  readonly account: ByteAccount;
  /** Called with failures that no caller hears of. Must not throw. */
  readonly failed: (error: McpSseError) => void;
}

export class Dispatcher<Data> {
  readonly #node: string;
  readonly #probes: Probes;
  readonly #localHost: LocalHost<Data>;
  readonly #membership: Membership | undefined;
  readonly #failed: (error: McpSseError) => void;
  #requestsReceived = 0;

  constructor({
    node,
    localHost,
    probes,
    adapter,
    limits,
    account,
    failed,
  }: DispatcherParts<Data>) {
    this.#node = node;
    this.#probes = probes;
    this.#localHost = localHost;
    this.#failed = failed;
    if (!adapter) return;
    const incoming = new IncomingCalls(localHost, probes, limits);
    const membership = new Membership(node, adapter, {
      account,
      onError: failed,
      onCall: (operation, parameters, peer) => {
        this.#requestsReceived += 1;
        return incoming.answer(operation, parameters, peer);
      },
    });
    this.#membership = membership;
    probes.elsewhere = (_node, id, answer) => {
      const probing = membership.peer(nodeOfProbe(id) ?? '');
      // If it fails, the client gets a new session, once the probe is too late.
      void probing?.call('probe', { id, ...answer });
    };
  }

  /**
   * Whether clients may come back here to sessions of other nodes: also while this node, which has
   * just begun or has lost the adapter, knows of no other.
   */
  get mayHaveOthers(): boolean {
    return this.#membership !== undefined;
  }

  /**
   * Whether this node has not been in touch with all others all the time since then, on the clock of
   * `performance.now()`: silence proves nothing. What a client says may have reached a node that
   * stands still.
   */
  wasCutOff(since: number): boolean {
    const membership = this.#membership;
    if (!membership) return false;
    return !(membership.up && membership.since <= since) || membership.wasLate(since);
  }

  /** What the id of a new session becomes: among several nodes it names its owner. */
  idFor(id: string): string {
    return this.#membership ? `${this.#node}.${id}` : id;
  }

  /** Where the session of that id lives, if it does. */
  hostOf(sessionId: string): Host {
    const node = this.#membership && nodeOfSession(sessionId);
    return node === undefined ? this.#localHost : this.host(node);
  }

  /** Whether the session of that id, if there is one, lives here. */
  isHere(sessionId: string): boolean {
    return this.hostOf(sessionId) === this.#localHost;
  }

  /**
   * Where the sessions of that node live. Text of a client names no node that was not heard of:
   * every request to one fails at once.
   */
  host(node: string): Host {
    if (node === this.#node) return this.#localHost;
    const peer = this.#membership?.peer(node);
    if (peer) return new RemoteHost(peer, this.#probes, () => this.#undeliverable(peer));
    const gone = sessionNotFound();
    return new UnknownHost(this.#membership?.unknownNode() ?? gone, this.#probes);
  }

  /** Why nothing can be delivered to it now, if that is so. */
  #undeliverable(peer: Peer): McpSseError | undefined {
    if (peer.isKnownToBeGone) return sessionNotFound();
    return peer.ended || !this.#membership?.up ? unreachable() : undefined;
  }

  /** Where the session lives that a client comes back to, if any node knows it. */
  async search(client: Claimant): Promise<Located | undefined> {
    try {
      return { host: this.#localHost, sessionId: this.#localHost.find(client) };
    } catch {
      // Not here; but perhaps elsewhere.
    }
    await this.#membership?.discovered();
    const answers = this.#peers().map(async (peer) => {
      const host = new RemoteHost(peer, this.#probes);
      return { host, sessionId: await host.find(client) };
    });
    const late = (): McpSseError => new McpSseError('request-timeout', 'no node has answered');
    return withDeadline(Promise.any(answers), SEARCH_MS, late).catch(() => undefined);
  }

  /**
   * As `LocalHost.broadcast`, and on all other nodes unless a function picks. Reports a node that
   * does not take it.
   */
  broadcast(message: JsonRpcNotification, audience: Audience<Data>): number {
    const reached = this.#localHost.broadcast(message, audience);
    if (audience.filter) return reached;
    const { principal } = audience;
    for (const peer of this.#membership?.known() ?? []) {
      const call = peer.call('broadcast', { message, principal }, BROADCAST_MS);
      call.catch((error: unknown) => {
        this.#failed(McpSseError.from(error));
      });
    }
    return reached;
  }

  /** As `LocalHost.announce`, and on all other nodes unless the change is known there, too. */
  announce(change: Change, shared: boolean): void {
    this.#localHost.announce(change);
    if (shared) return;
    for (const peer of this.#membership?.known() ?? []) {
      peer.call('announce', change, BROADCAST_MS).catch((error: unknown) => {
        this.#failed(McpSseError.from(error));
      });
    }
  }

  /** What all nodes have counted, or this one alone. A node that does not answer is named. */
  async usage(local: boolean): Promise<McpSseUsage> {
    const peers = local ? [] : (this.#membership?.known() ?? []);
    const missing: string[] = [];
    const answers = peers.map(async (peer): Promise<UsageReport[]> => {
      try {
        return [checkedUsage(await peer.call('usage', {}, USAGE_MS))];
      } catch {
        missing.push(peer.node);
        return [];
      }
    });
    const reports = (await Promise.all(answers)).flat();
    return usageOf([this.#localHost.usage(), ...reports], missing);
  }

  /** Ends the streams of other nodes' sessions: their clients come back elsewhere. */
  endImported(): void {
    for (const peer of this.#membership?.peers ?? []) peer.endImported();
  }

  /** Leaves the other nodes. Never rejects. */
  async leave(): Promise<void> {
    await this.#membership?.leave();
  }

  /** Undefined where this is the only node. */
  stats(): ClusterStats | undefined {
    const membership = this.#membership;
    if (!membership) return undefined;
    const { peers } = membership;
    const { requestsSent, resent } = membership.counts;
    const total = (count: (peer: Peer) => number): number =>
      peers.reduce((sum, peer) => sum + count(peer), 0);
    return {
      node: this.#node,
      up: membership.up,
      nodes: 1 + membership.aliveCount,
      streamsImported: total((peer) => peer.imported.size),
      streamsExported: total((peer) => peer.exported.size),
      requestsSent,
      requestsReceived: this.#requestsReceived,
      resent,
      queuedBytes: membership.budget.queuedBytes,
      rejectedFrames: membership.rejectedFrames,
    };
  }

  #peers(): Peer[] {
    return this.#membership?.alive() ?? [];
  }
}
