// The other nodes that this one knows, and a peer for each one in use.
import type { LinkPacket } from './link/packet.js';
import { Liveness } from './liveness.js';
import { Peer, type PeerMemory, type PeerOwner } from './peer.js';
import { performance } from '../util/timers.js';

/** An idle peer is forgotten after this time, and made again when it is needed. */
const IDLE_MS = 60_000;
/** A node that is silent for this long is forgotten. */
const FORGET_MS = 3_600_000;
/** The most nodes that are remembered; if there are more names, they are invented. */
const MAX_NODES = 4_096;
/** An idle node is checked once in this many ticks. */
const SCAN_TICKS = 10;

/** Totals of all nodes, forgotten ones included. */
interface Counts {
  requestsSent: number;
  resent: number;
}

export class NodeTable {
  readonly #owner: PeerOwner;
  readonly #onPing: (node: KnownNode) => void;
  readonly #nodes = new Map<string, KnownNode>();
  readonly #inUse = new Set<KnownNode>();
  /** The counts of nodes that are forgotten. */
  readonly #forgotten: Counts = { requestsSent: 0, resent: 0 };
  #scan: Iterator<KnownNode, undefined> | undefined;
  /** The adapter is in reach. */
  #up = false;
  #living = 0;
  #absent = 0;

  /** @param onPing called when a node is to be pinged. Must not throw */
  constructor(owner: PeerOwner, onPing: (node: KnownNode) => void) {
    this.#owner = owner;
    this.#onPing = onPing;
  }

  /** Peers that are in use. */
  get peers(): Peer[] {
    return [...this.#inUse].flatMap(({ peer }) => peer ?? []);
  }

  /** Nodes that were not known to be gone at the last check. */
  get living(): number {
    return this.#living;
  }

  /**
   * Whether most nodes have vanished at once: more likely a failure of the adapter than of the
   * nodes.
   */
  get haveVanished(): boolean {
    return this.#absent >= 2 && this.#absent * 2 > this.#living;
  }

  /** Requests ever sent to other nodes, and frames sent again. */
  get counts(): Counts {
    const counts = { ...this.#forgotten };
    for (const node of this.#nodes.values()) add(counts, node.counts);
    return counts;
  }

  get(name: string): KnownNode | undefined {
    return this.#nodes.get(name);
  }

  /** The peer of that name, if its node was ever heard. */
  peer(name: string): Peer | undefined {
    const node = this.#nodes.get(name);
    return node && this.#use(node);
  }

  /** Adds a node that was never heard before; undefined if there are too many. */
  meet(name: string): KnownNode | undefined {
    if (this.#nodes.size >= MAX_NODES && !this.#forgetOne()) return undefined;
    const node = new KnownNode(name, this.#owner);
    this.#nodes.set(name, node);
    this.#living += 1;
    return node;
  }

  /** Something of it has arrived. */
  heard(node: KnownNode, now: number): void {
    node.liveness.heard(now);
    node.peer?.markAlive(now);
  }

  packetArrived(node: KnownNode, packet: LinkPacket): void {
    this.#use(node).packetArrived(packet);
  }

  /** It has said that it leaves. */
  left(node: KnownNode): void {
    node.liveness.leave();
    node.peer?.markEnded();
  }

  /** The adapter has taken a ping for it. */
  tried(node: KnownNode, present: boolean): void {
    const now = performance.now();
    if (!node.liveness.tried(present, now)) return;
    node.liveness.end();
    node.peer?.markEnded();
  }

  /** The peers of all nodes for which `holds` is true, in use from now on. */
  peersWhere(holds: (liveness: Liveness) => boolean): Peer[] {
    const chosen = [...this.#nodes.values()].filter(({ liveness }) => holds(liveness));
    return chosen.map((node) => this.#use(node));
  }

  /** Of the nodes for which `holds` is true, the one whose name follows `name`, in a circle. */
  nextAfter(name: string, holds: (node: KnownNode) => boolean): string | undefined {
    const names = [...this.#nodes.values()].filter(holds).map((node) => node.name);
    names.sort();
    return names.find((other) => other > name) ?? names[0];
  }

  /** The number of nodes for which `holds` is true. */
  count(holds: (liveness: Liveness) => boolean): number {
    let count = 0;
    for (const { liveness } of this.#nodes.values()) if (holds(liveness)) count += 1;
    return count;
  }

  /** Whether the adapter is in reach. */
  setUp(up: boolean): void {
    this.#up = up;
    for (const { peer } of this.#inUse) peer?.setUp(up);
  }

  /** The others have been out of reach for too long: streams end, and requests fail. */
  giveUp(): void {
    for (const { peer } of this.#inUse) peer?.giveUp();
  }

  tick(now: number): void {
    for (const node of this.#inUse) this.#tickUsed(node, now);
    this.#scan ??= this.#nodes.values();
    for (let left = Math.ceil(this.#nodes.size / SCAN_TICKS); left > 0; left -= 1) {
      const next = this.#scan.next();
      if (next.done) {
        this.#scan = undefined;
        this.#recount();
        return;
      }
      if (!next.value.peer) this.#tickUnused(next.value, now);
    }
  }

  #tickUsed(node: KnownNode, now: number): void {
    const { peer, liveness } = node;
    if (!peer) return;
    peer.tick(now);
    if (this.#up && liveness.takePing(now, peer.isBusy)) this.#onPing(node);
    const { memory } = peer;
    if (!memory) node.usedAt = now;
    else if (now - node.usedAt >= IDLE_MS) {
      node.memory = memory;
      node.peer = undefined;
      this.#inUse.delete(node);
    }
  }

  #tickUnused(node: KnownNode, now: number): void {
    if (this.#up && node.liveness.takePing(now, false)) this.#onPing(node);
    if (now - node.liveness.heardAt >= FORGET_MS) this.#forget(node);
  }

  #recount(): void {
    this.#living = this.#absent = 0;
    for (const { liveness } of this.#nodes.values()) {
      if (!liveness.ended) this.#living += 1;
      if (liveness.isAbsent) this.#absent += 1;
    }
  }

  #use(node: KnownNode): Peer {
    node.usedAt = performance.now();
    if (node.peer) return node.peer;
    const peer = new Peer(node.name, this.#owner, node.liveness, node.memory);
    node.peer = peer;
    node.memory = undefined;
    peer.setUp(this.#up);
    this.#inUse.add(node);
    return peer;
  }

  /** Forgets one node that is gone and idle. Returns false if there is none. */
  #forgetOne(): boolean {
    const now = performance.now();
    for (const node of this.#nodes.values()) {
      if (node.liveness.isAlive(now) || (node.peer && !node.peer.memory)) continue;
      this.#forget(node);
      return true;
    }
    return false;
  }

  #forget(node: KnownNode): void {
    add(this.#forgotten, node.counts);
    this.#nodes.delete(node.name);
    this.#inUse.delete(node);
  }
}

/** A node that this one knows. */
export class KnownNode {
  readonly name: string;
  readonly liveness: Liveness;
  peer: Peer | undefined;
  /** The rest of its forgotten peer. */
  memory: PeerMemory | undefined;
  usedAt = 0;

  constructor(name: string, { contact }: PeerOwner) {
    this.name = name;
    this.liveness = new Liveness(contact);
  }

  get counts(): Counts {
    const { peer, memory } = this;
    if (peer) return { requestsSent: peer.requestsSent, resent: peer.resent };
    return { requestsSent: memory?.calls ?? 0, resent: memory?.link.resent ?? 0 };
  }
}

function add(counts: Counts, { requestsSent, resent }: Counts): void {
  counts.requestsSent += requestsSent;
  counts.resent += resent;
}
