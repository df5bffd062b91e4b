// Delivers messages to a session, on whichever node it lives.
import { McpSseError } from '../errors.js';
import type { Mover } from '../session/handover/mover.js';
import type { LiveSession } from '../session/live-session.js';
import type { Probes } from '../session/resume/probes.js';
import type { Host, Claimant, InboundPost } from '../session/host.js';
import type { Audience } from '../session/audience.js';
import type { Change } from '../session/changes.js';
import { namesOf, type LocalHost } from '../session/local-host.js';
import { usageOf, type McpSseUsage, type UsageReport } from '../session/events/usage-rows.js';
import { settledWithin } from '../util/promises.js';
import type { ConnectionWriter } from '../stream/connection-writer.js';
import type { JsonRpcMessage, JsonRpcNotification } from '../wire/json-rpc.js';
import { Adoptions } from './handover/adoptions.js';
import { BroadcastClock } from './handover/broadcast-clock.js';
import { HandOvers } from './handover/hand-overs.js';
import { MovedSessions } from './handover/moved-sessions.js';
import { ClusterCalls } from './ledger/cluster-calls.js';
import { KeptCalls } from './ledger/kept-calls.js';
import { Locator, type Located } from './locator.js';
import { IncomingCalls } from './rpc/incoming-calls.js';
import type { ClusterStats } from './cluster-stats.js';
import type { DispatcherParts } from './dispatcher-parts.js';
import { Membership } from './membership.js';
import type { Peer } from './peer.js';
import { nodeOfProbe } from './node-name.js';
import { Relays } from './relay/relays.js';
import type { Operation, Operations } from './rpc/operations.js';
import { RemoteHost } from './rpc/remote-host.js';
import { checkedUsage } from './rpc/usage-reply.js';

/** Time for the other nodes to say whether a client's session is theirs. */
const SEARCH_MS = 2_000;
/** Time for the other nodes to return their counts. */
const USAGE_MS = 2_000;
/** Time that a broadcast waits for a silent node. */
const BROADCAST_MS = 30_000;
const NODE_GONE = 'another node has gone, and a broadcast did not reach its sessions';
const OUT_OF_REACH = 'the adapter is out of reach, and a broadcast did not reach other nodes';
const untold = (why: string): McpSseError => new McpSseError('adapter-unavailable', why);

export class Dispatcher<Data> {
  /** Hands sessions over when this node shuts down; undefined if this is the only node. */
  readonly mover: Mover<Data> | undefined;
  /** The calls that outlive their nodes; undefined if this is the only node. */
  readonly calls: ClusterCalls<Data> | undefined;
  /** Finds the node of a session. */
  readonly locator: Locator<Data>;
  readonly #node: string;
  readonly #probes: Probes;
  readonly #localHost: LocalHost<Data>;
  readonly #membership: Membership | undefined;
  readonly #failed: (error: McpSseError) => void;
  readonly #moved = new MovedSessions();
  readonly #broadcasts = new BroadcastClock();
  readonly #adoptions: Adoptions<Data> | undefined;
  #broadcastCount = 0;
  #requestsReceived = 0;

  constructor(parts: DispatcherParts<Data>) {
    const { node, localHost, sessions, restorer, probes, adapter, limits, account, failed } = parts;
    this.#node = node;
    this.#probes = probes;
    this.#localHost = localHost;
    this.#failed = failed;
    const here = { node, localHost, probes, moved: this.#moved };
    if (!adapter) {
      this.locator = new Locator({ ...here, membership: undefined });
      return;
    }
    const relays = new Relays();
    const adoptions = (this.#adoptions = new Adoptions<Data>({
      sessions,
      restorer,
      onAdopted: (session, peer) => {
        this.#adopted(session, peer);
      },
    }));
    const keptCalls = new KeptCalls(account, sessions.mayReturn.bind(sessions));
    const incoming = new IncomingCalls<Data>({
      keptCalls,
      localHost,
      probes,
      limits,
      adoptions,
      moved: this.#moved,
      relays,
      broadcasts: this.#broadcasts,
    });
    const membership = new Membership(node, adapter, {
      account,
      onError: failed,
      onCall: (operation, parameters, peer) => {
        this.#requestsReceived += 1;
        return incoming.answer(operation, parameters, peer);
      },
    });
    this.#membership = membership;
    this.locator = new Locator({ ...here, membership });
    this.calls = new ClusterCalls<Data>({ ...parts, membership, keptCalls });
    this.mover = new HandOvers<Data>({
      membership,
      relays,
      save: parts.save,
      bounded: parts.bounded,
      broadcastsSeen: () => this.#broadcasts.last,
      onMoved: (session, peer) => {
        this.#tellMoved(session, peer.node);
      },
      failed,
    });
    probes.elsewhere = (_node, id, answer) => {
      const probing = membership.peer(nodeOfProbe(id) ?? '');
      // If this fails, the probe times out and the client gets a new session.
      void probing?.call('probe', { id, ...answer });
    };
  }

  /**
   * Whether a returning client may have had a session on another node. Also true while this node
   * knows no other, because it has just started or has lost the adapter.
   */
  get mayHaveOthers(): boolean {
    return this.#membership !== undefined;
  }

  /**
   * Whether this node has lost touch with another one at some time after `since`, on the clock of
   * `performance.now()`. Then silence proves nothing: the client's answer may have reached a frozen
   * node.
   */
  wasCutOff(since: number): boolean {
    const membership = this.#membership;
    if (!membership) return false;
    return !(membership.up && membership.since <= since) || membership.wasLate(since);
  }

  /** The id of a new session. With several nodes it begins with the name of its owner. */
  idFor(id: string): string {
    return this.#membership ? `${this.#node}.${id}` : id;
  }

  /** As `Host.post`, on whichever node the session lives. Follows a session that moves. */
  post(inbound: InboundPost): void | Promise<void> {
    const { sessionId } = inbound;
    const host = this.locator.hostOf(sessionId);
    const posted = host.post(inbound);
    return posted && this.locator.follow(sessionId, host, posted, (next) => next.post(inbound));
  }

  /** As `Host.send`, likewise. */
  async send(sessionId: string, message: JsonRpcMessage): Promise<void> {
    await this.locator.located(sessionId);
    const host = this.locator.hostOf(sessionId);
    const sent = host.send(sessionId, message);
    await this.locator.follow(sessionId, host, sent, (next) => next.send(sessionId, message));
  }

  /** As `Host.attach`, likewise. */
  async attach(
    sessionId: string,
    { host, client }: { readonly host: Host; readonly client: Claimant },
    messageUrl: string,
    begin: () => ConnectionWriter,
  ): Promise<void> {
    const attached = host.attach(client, messageUrl, begin);
    await this.locator.follow(sessionId, host, attached, (next) =>
      next.attach(client, messageUrl, begin),
    );
  }

  /** Whether the session of that id, if there is one, lives here. */
  isHere(sessionId: string): boolean {
    return this.locator.hostOf(sessionId) === this.#localHost;
  }

  /** Finds the session that a client comes back to. Undefined if no node knows it. */
  async search(client: Claimant): Promise<Located | undefined> {
    try {
      return { host: this.#localHost, sessionId: await this.#localHost.find(client) };
    } catch {
      // Not here; but perhaps elsewhere.
    }
    await this.#membership?.discovery.over();
    const answers = (this.#membership?.alive() ?? []).map(async (peer) => {
      const host = new RemoteHost(peer, this.#probes);
      return { host, sessionId: await host.find(client) };
    });
    return settledWithin(Promise.any(answers), SEARCH_MS);
  }

  /**
   * As `LocalHost.broadcast`, and on all other nodes too unless a function filters the sessions.
   * Reports each node that it does not reach.
   */
  broadcast(message: JsonRpcNotification, audience: Audience<Data>): number {
    if (audience.filter || !this.#membership) return this.#localHost.broadcast(message, audience);
    const { principal } = audience;
    const n = (this.#broadcastCount += 1);
    this.#broadcasts.note({ node: this.#node, n, message, principal });
    const reached = this.#localHost.broadcast(message, audience, { node: this.#node, n });
    this.#tellOthers('broadcast', { message, principal, n });
    return reached;
  }

  /**
   * As `LocalHost.announce`, and on all other nodes too unless they know of the change (`shared`).
   */
  announce(change: Change, shared: boolean): void {
    this.#localHost.announce(change);
    if (!shared) this.#tellOthers('announce', change);
  }

  /**
   * The usage of all nodes, or of this one alone if `local`. Names each node that does not answer.
   */
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

  /** Ends the streams of other nodes' sessions: their clients come back through other nodes. */
  endImported(): void {
    for (const peer of this.#membership?.peers ?? []) peer.endImported();
  }

  /** Leaves the other nodes. Never rejects. */
  async leave(): Promise<void> {
    this.calls?.close();
    this.#adoptions?.giveUp();
    await this.#membership?.leave();
  }

  /** Undefined if this is the only node. */
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
      callsKept: this.calls?.kept ?? 0,
      resent,
      queuedBytes: membership.budget.queuedBytes,
      rejectedFrames: membership.rejectedFrames,
    };
  }

  /** The session has begun here. Its former node tells the others too. */
  #adopted(session: LiveSession<Data>, from: Peer): void {
    this.calls?.track(session);
    for (const name of namesOf(session)) this.#moved.delete(name);
    this.#tellMoved(session, this.#node, from);
    const { broadcastsSeen = {} } = session;
    for (const { message, principal } of this.#broadcasts.missedBy(broadcastsSeen)) {
      if (principal === undefined || principal === session.principal) void session.send(message);
    }
  }

  /**
   * Tells the other nodes where the session lives now. Links keep the order, so they learn it
   * before this node refuses late messages for the session.
   */
  #tellMoved(session: LiveSession<Data>, to: string, from?: Peer): void {
    const names = namesOf(session);
    if (to !== this.#node) for (const name of names) this.#moved.set(name, to);
    // Includes nodes that are silent for now.
    for (const peer of this.#membership?.known() ?? []) {
      if (peer.node === to || peer === from) continue;
      peer.call('moved', { names, to }, BROADCAST_MS).catch(ignore);
    }
  }

  /**
   * Sends to every node that is not known to be gone, and reports each one that it does not reach.
   * A new node first waits for the others to answer, and keeps the order.
   */
  #tellOthers<Name extends Operation>(operation: Name, params: Operations[Name]): void {
    const discovered = this.#membership?.discovery.over();
    if (discovered) void discovered.then(() => this.#tellKnown(operation, params));
    else this.#tellKnown(operation, params);
  }

  #tellKnown<Name extends Operation>(operation: Name, params: Operations[Name]): void {
    const { up = true, leaving = false } = this.#membership ?? {};
    const known = this.#membership?.known() ?? [];
    if (known.length === 0 && !up && !leaving) this.#failed(untold(OUT_OF_REACH));
    for (const peer of known) {
      peer.call(operation, params, BROADCAST_MS).catch((thrown: unknown) => {
        const error = McpSseError.from(thrown);
        this.#failed(error.code === 'session-not-found' ? untold(NODE_GONE) : error);
      });
    }
  }
}

function ignore(): void {
  // A node that misses this asks, when it does not find a session on the node of its id.
}
