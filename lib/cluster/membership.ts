// This node among the others: who is there.
/** This node among the others: joined to the adapter, with a peer for each of them. */
import { McpSseError } from '../errors.js';
import { sessionNotFound } from '../session/session-not-found.js';
import { withDeadline } from '../util/promises.js';
import { EVERYONE, type Adapter, type AdapterMember } from './adapter/adapter.js';
import { LinkBudget } from './link/link-budget.js';
import { encodePresence, parsePacket } from './link/packet.js';
import { GRACE_MS, RECOVERY_MS, type Contact } from './liveness.js';
import { Peer, type PeerOwner } from './peer.js';
import { clearInterval, performance, setInterval, setTimeout } from '../util/timers.js';

const TICK_MS = 100;
/** Ticks that are further apart show that this process has stood still. */
const STALL_MS = 1_000;
const HEARTBEAT_MS = 1_000;
/** An adapter that was out of reach is joined again this often. */
const REJOIN_MS = 1_000;
/** An adapter that is out of reach for this long takes the relayed streams with it. */
const OUTAGE_MS = 8_000;
/** What was known of a node of which nothing is heard any more is forgotten after this. */
const FORGET_MS = 3_600_000;
/** Nodes that are remembered; names beyond it are somebody's invention. */
const MAX_PEERS = 4_096;
/** An adapter must settle a `send` within 1.5 s; one that does not is not waited for. */
const TRANSMIT_MS = 3_000;
/** Others answer the first heartbeat of a new node at once. */
const DISCOVERY_MS = 300;
const LEAVE_MS = 2_000;
/** How long a node that leaves waits for its requests and their answers, and how often it looks. */
const IDLE_MS = 2_000;
const IDLE_CHECK_MS = 10;

/** What a membership works with. No call may throw. */
export type MembershipOwner = Pick<PeerOwner, 'onCall' | 'onError'>;

export class Membership implements PeerOwner, Contact {
  readonly self: string;
  readonly contact: Contact = this;
  readonly budget: LinkBudget = new LinkBudget();
  readonly onCall: PeerOwner['onCall'];
  readonly onError: PeerOwner['onError'];
  readonly #adapter: Adapter;
  readonly #peers = new Map<string, Peer>();
  /** The counts of nodes that are forgotten. */
  readonly #forgotten = { requestsSent: 0, resent: 0 };
  readonly #timer: NodeJS.Timeout;
  #member: AdapterMember | undefined;
  /** What the adapter has told, which may be before the join is complete. */
  #told = false;
  #up = false;
  #changedAt = performance.now();
  /** The adapter was out of reach once. */
  #hadOutage = false;
  #tickedAt = performance.now();
  /** When this process last went on after it had stood still. */
  #resumedAt = -Infinity;
  /** The outage is over once the adapter is back; it is reported once, and given up on once. */
  #reported = false;
  #gaveUp = false;
  #heartbeatAt = -Infinity;
  #joinAt = 0;
  #joining = false;
  #left = false;
  #leave: Promise<void> | undefined;

  constructor(self: string, adapter: Adapter, owner: MembershipOwner) {
    this.self = self;
    this.#adapter = adapter;
    this.onCall = owner.onCall;
    this.onError = owner.onError;
    this.#timer = setInterval(() => {
      this.#tick(performance.now());
    }, TICK_MS).unref();
    void this.#join();
  }

  get up(): boolean {
    return this.#up;
  }

  get upSince(): number {
    return this.#changedAt;
  }

  get since(): number {
    return Math.max(this.#changedAt, this.#resumedAt);
  }

  isProof(now: number): boolean {
    return this.#up && (!this.#hadOutage || now - this.#changedAt >= RECOVERY_MS);
  }

  get leaving(): boolean {
    return this.#leave !== undefined;
  }

  get maxFrameBytes(): number {
    return this.#member?.maxFrameBytes ?? Infinity;
  }

  get peers(): Iterable<Peer> {
    return this.#peers.values();
  }

  /** How many requests the others were ever sent, and how many frames again. */
  get counts(): { requestsSent: number; resent: number } {
    const counts = { ...this.#forgotten };
    for (const peer of this.#peers.values()) add(counts, peer);
    return counts;
  }

  /** Frames whose signature was missing, wrong or too old. */
  get rejectedFrames(): number {
    return this.#member?.rejectedFrames ?? 0;
  }

  /** The others that were heard lately. */
  alive(): Peer[] {
    const now = performance.now();
    return [...this.#peers.values()].filter((peer) => peer.isAlive(now));
  }

  /** The others of which no end is known, those that are silent included. */
  known(): Peer[] {
    return [...this.#peers.values()].filter((peer) => !peer.ended);
  }

  /** Resolves when the others have had the time to answer the first heartbeat. */
  async discovered(): Promise<void> {
    const left = this.#changedAt + DISCOVERY_MS - performance.now();
    if (this.#up && left > 0) await pause(left);
  }

  /** The node of that name, if anything was ever heard of it. */
  peer(node: string): Peer | undefined {
    return this.#peers.get(node);
  }

  /** Why a name of which nothing was ever heard leads nowhere. */
  unknownNode(): McpSseError {
    const inTouch = this.#up && performance.now() - this.since >= GRACE_MS;
    if (inTouch) return sessionNotFound();
    return new McpSseError('adapter-unavailable', 'this node does not know the others yet');
  }

  /** Tells the others and ends the membership. Never rejects. */
  leave(): Promise<void> {
    this.#leave ??= this.#leaveGracefully();
    return this.#leave;
  }

  /** Async, so that what an adapter throws is a rejection too. */
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
    // The others are still there: no client may be told that their sessions are no more.
    for (const peer of this.#peers.values()) peer.giveUp();
    const member = this.#member;
    this.#up = false;
    if (member) await withDeadline(leave(member), LEAVE_MS, noAnswer).catch(ignore);
  }

  /**
   * Resolves when the requests to others are answered, and what was said to them has arrived:
   * `leave` would overtake it.
   */
  async #idle(): Promise<void> {
    const deadline = performance.now() + IDLE_MS;
    const busy = (): boolean => [...this.#peers.values()].some((peer) => peer.isBusy);
    while (this.#up && busy() && performance.now() < deadline) await pause(IDLE_CHECK_MS);
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
      this.#report(error);
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
    if (up) this.#reported = this.#gaveUp = false;
    else this.#report(reason);
    for (const peer of this.#peers.values()) peer.setUp(up);
    this.#heartbeat(this.#changedAt);
  }

  #frameArrived(text: string): void {
    const packet = parsePacket(text);
    if (!packet || packet.from === this.self || this.#left) return;
    const peer = this.#peers.get(packet.from) ?? this.#meet(packet.from);
    if (!peer) return;
    if (packet.kind === 'leave') {
      peer.markLeft();
      return;
    }
    const now = performance.now();
    const wasAlive = peer.isAlive(now) && peer.heardAt >= this.upSince;
    peer.markAlive(now);
    if (packet.kind === 'link') peer.packetArrived(packet);
    // A node that is new, or back, learns of us without waiting for our next heartbeat.
    if (!wasAlive) this.#heartbeatSoon(now);
  }

  /** A node that was never heard before; undefined when there are too many to be true. */
  #meet(node: string): Peer | undefined {
    if (this.#peers.size >= MAX_PEERS && !this.#forgetOne()) return undefined;
    const peer = new Peer(node, this);
    peer.setUp(this.#up);
    this.#peers.set(node, peer);
    return peer;
  }

  #tick(now: number): void {
    if (now - this.#tickedAt >= STALL_MS) this.#resumedAt = now;
    this.#tickedAt = now;
    if (!this.#member && !this.#joining && now >= this.#joinAt) void this.#join();
    if (now - this.#heartbeatAt >= HEARTBEAT_MS) this.#heartbeat(now);
    if (!this.#up && !this.#gaveUp && now - this.#changedAt >= OUTAGE_MS) {
      this.#gaveUp = true;
      for (const peer of this.#peers.values()) peer.giveUp();
    }
    for (const peer of this.#peers.values()) {
      peer.tick(now);
      if (peer.isForgettable(now, FORGET_MS)) this.#forget(peer);
    }
  }

  /** Forgets a node that is not there and with which nothing is under way, if there is one. */
  #forgetOne(): boolean {
    const now = performance.now();
    for (const peer of this.#peers.values()) {
      if (peer.isAlive(now) || !peer.isForgettable(now, 0)) continue;
      this.#forget(peer);
      return true;
    }
    return false;
  }

  #forget(peer: Peer): void {
    add(this.#forgotten, peer);
    this.#peers.delete(peer.node);
  }

  #heartbeat(now: number): void {
    if (!this.#up) return;
    this.#heartbeatAt = now;
    for (const peer of this.#peers.values()) peer.remind(now);
    this.transmit(EVERYONE, encodePresence('heartbeat', this.self)).catch(ignore);
  }

  /** At once, or with the next tick where many ask for it. */
  #heartbeatSoon(now: number): void {
    if (now - this.#heartbeatAt >= TICK_MS) this.#heartbeat(now);
    else this.#heartbeatAt = -Infinity;
  }

  /** Once for each outage. */
  #report(cause: unknown): void {
    this.#hadOutage = true;
    if (this.#reported) return;
    this.#reported = true;
    const text = 'the adapter is out of reach: sessions of other nodes cannot be served';
    this.onError(new McpSseError('adapter-unavailable', text, { cause }));
  }
}

function add(
  counts: { requestsSent: number; resent: number },
  { requestsSent, resent }: Peer,
): void {
  counts.requestsSent += requestsSent;
  counts.resent += resent;
}

/** Async, so that what an adapter throws is a rejection too. */
async function leave(member: AdapterMember): Promise<void> {
  await member.leave();
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
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
