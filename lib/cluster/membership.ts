// This node's membership in the cluster, and its view of the other nodes.
import { McpSseError } from '../errors.js';
import { sessionNotFound } from '../session/session-not-found.js';
import { pause, settledWithin, withDeadline } from '../util/promises.js';
import { EVERYONE, type Adapter, type AdapterMember } from './adapter/adapter.js';
import { Discovery } from './discovery.js';
import { LinkBudget, type ByteAccount } from './link/link-budget.js';
import { encodePresence, parsePacket } from './link/packet.js';
import { GRACE_MS, LOST_MS, RECOVERY_MS, type Contact, type Liveness } from './liveness.js';
import { NodeTable, type KnownNode } from './node-table.js';
import { Outages } from './outages.js';
import { heartbeatInterval, Pace } from './pace.js';
import type { Peer, PeerOwner } from './peer.js';
import { clearInterval, performance, setInterval } from '../util/timers.js';

const TICK_MS = 100;
/** Ticks that are further apart show that this process was frozen. */
const STALL_MS = 1_000;
/** The interval between attempts to join the adapter. */
const REJOIN_MS = 1_000;
/** After this long without the adapter, relayed streams end. */
const OUTAGE_MS = 8_000;
/** An adapter must settle a `send` within 1.5 s. After this time it counts as failed. */
const TRANSMIT_MS = 3_000;
/**
 * By then all others have answered, unless one is frozen: an adapter that counts listeners shows
 * that.
 */
const ACQUAINTED_MS = 3_000;
const LEAVE_MS = 2_000;
/**
 * Time that a leaving node waits for its requests and their answers, and the interval of checks.
 */
const IDLE_MS = 2_000;
const IDLE_CHECK_MS = 10;

/** The callbacks of a membership. They must not throw. */
export interface MembershipOwner extends Pick<PeerOwner, 'onCall' | 'onError'> {
  /** Counts the bytes that wait for other nodes. */
  readonly account?: ByteAccount;
}

export class Membership implements PeerOwner, Contact {
  readonly self: string;
  readonly contact: Contact = this;
  readonly discovery: Discovery = new Discovery(this);
  readonly budget: LinkBudget;
  readonly onCall: PeerOwner['onCall'];
  readonly onError: PeerOwner['onError'];
  readonly #adapter: Adapter;
  readonly #nodes: NodeTable;
  readonly #timer: NodeJS.Timeout;
  #member: AdapterMember | undefined;
  /** The adapter has reported its state, possibly before the join is complete. */
  #told = false;
  #up = false;
  #changedAt = performance.now();
  #tickedAt = performance.now();
  /** When this process last continued after it was frozen. */
  #resumedAt = -Infinity;
  readonly #outages: Outages;
  /** Whether the current outage has already failed what waited. */
  #gaveUp = false;
  /** When the next heartbeat is due. */
  #heartbeatAt = -Infinity;
  readonly #pace = new Pace();
  #joinAt = 0;
  #joining = false;
  #left = false;
  #leave: Promise<void> | undefined;

  constructor(self: string, adapter: Adapter, owner: MembershipOwner) {
    this.self = self;
    this.#adapter = adapter;
    this.onCall = owner.onCall;
    this.onError = owner.onError;
    this.#outages = new Outages(owner.onError);
    this.budget = new LinkBudget(undefined, owner.account);
    this.#nodes = new NodeTable(this, (node) => void this.#ping(node));
    this.#timer = setInterval(() => {
      this.#tick(performance.now());
    }, TICK_MS).unref();
    void this.#join();
  }

  get up(): boolean {
    return this.#up;
  }

  get begins(): boolean {
    return !this.#up && !this.#outages.any && !this.#left;
  }

  get upSince(): number {
    return this.#changedAt;
  }

  get since(): number {
    return Math.max(this.#changedAt, this.#resumedAt);
  }

  get heartbeatMs(): number {
    return heartbeatInterval(1 + this.#nodes.living);
  }

  get graceMs(): number {
    return this.#nodes.haveVanished ? LOST_MS : GRACE_MS;
  }

  isProof(now: number): boolean {
    return this.#up && (!this.#outages.any || now - this.#changedAt >= RECOVERY_MS);
  }

  get leaving(): boolean {
    return this.#leave !== undefined;
  }

  get maxFrameBytes(): number {
    return this.#member?.maxFrameBytes ?? Infinity;
  }

  /** The other nodes that were ever heard. */
  get nodes(): NodeTable {
    return this.#nodes;
  }

  /** The other nodes with which there is traffic. */
  get peers(): Peer[] {
    return this.#nodes.peers;
  }

  /** The number of other nodes that were heard lately. */
  get aliveCount(): number {
    return this.#nodes.count(isAliveNow());
  }

  /** Requests ever sent to other nodes, and frames sent again. */
  get counts(): { requestsSent: number; resent: number } {
    return this.#nodes.counts;
  }

  /** Frames whose signature was missing, wrong or too old. */
  get rejectedFrames(): number {
    return this.#member?.rejectedFrames ?? 0;
  }

  /** The other nodes that were heard lately. */
  alive(): Peer[] {
    return this.#nodes.peersWhere(isAliveNow());
  }

  /** The other nodes that are not known to be gone, silent ones included. */
  known(): Peer[] {
    return this.#nodes.peersWhere((liveness) => !liveness.ended);
  }

  /** Whether a heartbeat of another node was late at some time after `since`. */
  wasLate(since: number): boolean {
    const now = performance.now();
    return this.#nodes.count((liveness) => liveness.wasLate(since, now)) > 0;
  }

  /**
   * The node of that name, if it was ever heard, or if its name proves that it is of this cluster.
   */
  peer(name: string): Peer | undefined {
    const peer = this.#nodes.peer(name);
    if (peer || name === this.self || !this.#adapter.names?.proves(name)) return peer;
    return this.#nodes.meet(name) && this.#nodes.peer(name);
  }

  /** The error for the name of a node that was never heard. */
  unknownNode(): McpSseError {
    const touchMs = this.#up ? performance.now() - this.since : 0;
    if (touchMs >= this.#acquaintedMs) return sessionNotFound();
    return new McpSseError('adapter-unavailable', 'this node does not know the others yet');
  }

  /**
   * The time that this node must be in touch before it knows all others. An adapter that counts
   * listeners shows whether one is missing, for instance because it is frozen.
   */
  get #acquaintedMs(): number {
    if (this.missesSomebody === undefined) return GRACE_MS;
    return this.missesSomebody ? LOST_MS : ACQUAINTED_MS;
  }

  get missesSomebody(): boolean | undefined {
    const { listeners } = this.#member ?? {};
    return listeners === undefined ? undefined : listeners > 1 + this.#nodes.living;
  }

  /** Tells the others and ends the membership. Never rejects. */
  leave(): Promise<void> {
    this.#leave ??= this.#leaveGracefully();
    return this.#leave;
  }

  /** Async, so that an error that the adapter throws becomes a rejection. */
  async transmit(to: string, frame: string): Promise<boolean> {
    const member = this.#member;
    if (!member || !this.#up) throw outOfReach();
    return withDeadline(member.send(to, frame), TRANSMIT_MS, noAnswer);
  }

  async #leaveGracefully(): Promise<void> {
    await this.#idle();
    this.#left = true;
    clearInterval(this.#timer);
    await this.transmit(EVERYONE, encodePresence('leave', this.self)).catch(ignore);
    // The others may live on: clients must not learn that their sessions are gone.
    this.#nodes.giveUp();
    this.#up = false;
    if (this.#member) await settledWithin(leave(this.#member), LEAVE_MS);
  }

  /**
   * Resolves when the others have answered all requests and got all messages, because `leave` would
   * overtake them.
   */
  async #idle(): Promise<void> {
    const deadline = performance.now() + IDLE_MS;
    const busy = (): boolean => this.#up && this.peers.some((peer) => peer.isBusy);
    while (busy() && performance.now() < deadline) await pause(IDLE_CHECK_MS, { keepsAlive: true });
  }

  async #join(): Promise<void> {
    this.#joining = true;
    try {
      const member = await this.#adapter.join(this.self, {
        frame: (frame) => {
          this.#frameArrived(frame);
        },
        state: (up, reason) => {
          this.#told = up;
          this.#update(reason);
        },
      });
      this.#member = member;
      if (this.#left) await member.leave();
      else this.#update();
    } catch (error) {
      this.#outages.goesOn(error);
      this.#joinAt = performance.now() + REJOIN_MS;
    } finally {
      this.#joining = false;
    }
  }

  #update(reason?: Error): void {
    const up = this.#told && this.#member !== undefined;
    if (up === this.#up || this.#left) return;
    this.#up = up;
    this.#changedAt = performance.now();
    if (up) this.#outages.over();
    else this.#outages.goesOn(reason);
    this.#gaveUp = false;
    this.#nodes.setUp(up);
    // After an outage all nodes come back at once. In a large cluster that would overload the
    // adapter.
    const spreadMs = this.heartbeatMs - heartbeatInterval(1);
    this.#heartbeatAt = this.#changedAt + Math.random() * spreadMs;
    if (this.#heartbeatAt <= this.#changedAt) this.#heartbeat(this.#changedAt);
  }

  #frameArrived(text: string): void {
    const packet = parsePacket(text);
    if (!packet || packet.from === this.self || this.#left) return;
    const node = this.#nodes.get(packet.from) ?? this.#nodes.meet(packet.from);
    if (!node) return;
    if (packet.kind === 'leave') {
      this.#nodes.left(node);
      return;
    }
    const now = performance.now();
    const { liveness } = node;
    const wasAlive = liveness.isAlive(now) && liveness.heardAt >= this.upSince;
    this.#nodes.heard(node, now);
    if (packet.kind === 'link') this.#nodes.packetArrived(node, packet);
    // A new or returning node must not wait for our next heartbeat.
    if (!wasAlive || packet.kind === 'ping') this.#greet(packet.from);
  }

  #tick(now: number): void {
    if (now - this.#tickedAt >= STALL_MS) this.#resumedAt = now;
    this.#tickedAt = now;
    if (!this.#member && !this.#joining && now >= this.#joinAt) void this.#join();
    if (now >= this.#heartbeatAt) this.#heartbeat(now);
    if (!this.#up && !this.#gaveUp && now - this.#changedAt >= OUTAGE_MS) {
      this.#gaveUp = true;
      this.#nodes.giveUp();
    }
    this.#nodes.tick(now);
  }

  #heartbeat(now: number): void {
    if (!this.#up) return;
    this.#heartbeatAt = now + this.#pace.next(1 + this.#nodes.living);
    this.transmit(EVERYONE, encodePresence('heartbeat', this.self)).catch(ignore);
  }

  /** Tells one node that this one is there. */
  #greet(node: string): void {
    this.transmit(node, encodePresence('heartbeat', this.self)).catch(ignore);
  }

  async #ping(node: KnownNode): Promise<void> {
    try {
      const present = await this.transmit(node.name, encodePresence('ping', this.self));
      this.#nodes.tried(node, present);
    } catch {
      // The adapter has not taken it.
    }
  }
}

function isAliveNow(): (liveness: Liveness) => boolean {
  const now = performance.now();
  return (liveness) => liveness.isAlive(now);
}

/** Async, so that an error that the adapter throws becomes a rejection. */
async function leave(member: AdapterMember): Promise<void> {
  await member.leave();
}

function outOfReach(): McpSseError {
  return new McpSseError('adapter-unavailable', 'the adapter is out of reach');
}

function noAnswer(): McpSseError {
  return new McpSseError('outcome-unknown', 'the adapter does not answer');
}

function ignore(): void {
  // The next heartbeat, or the state that the adapter tells, says more.
}
