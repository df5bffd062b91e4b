import { McpSseError } from '../errors.js';
import { withDeadline } from '../util/promises.js';
import { EVERYONE, type Adapter, type AdapterMember } from './adapter/adapter.js';
import { parsePacket, encodePresence } from './link/packet.js';
import { Peer, type PeerOwner } from './peer.js';
import { clearInterval, performance, setInterval, setTimeout } from '../util/timers.js';

const TICK_MS = 100;
const HEARTBEAT_MS = 1_000;
/** An adapter that was out of reach is asked again this often. */
const REJOIN_MS = 1_000;
/** An adapter that has been out of reach for so long takes the relayed streams with it. */
const OUTAGE_MS = 8_000;
/** What was known of a node of which nothing is heard any more is forgotten after this. */
const FORGET_MS = 3_600_000;
/** A port asks for about 1.5 s; an adapter that keeps nobody waiting for longer is not ours to trust. */
const TRANSMIT_MS = 3_000;
/** Others answer the first beat of a node that has come at once. */
const DISCOVERY_MS = 300;
const LEAVE_MS = 2_000;
/** How long one that leaves waits for what is under way between it and the others, and how often it looks. */
const SETTLE_MS = 2_000;
const SETTLE_TURN_MS = 10;

/** What a membership tells. No call may throw. */
export interface MembershipOwner {
  /** As `PeerOwner.asked`. */
  onCall: PeerOwner['onCall'];
  failed(error: McpSseError): void;
}

/** This node among the others: on the adapter, in touch with those that are there. */
export class Membership implements PeerOwner {
  readonly #adapter: Adapter;
  readonly #owner: MembershipOwner;
  readonly #peers = new Map<string, Peer>();
  /** The counts of nodes that are forgotten. */
  readonly #forgotten = { asked: 0, resent: 0 };
  readonly #timer: NodeJS.Timeout;
  #member: AdapterMember | undefined;
  /** What the adapter has told, which may be before the join is complete. */
  #told = false;
  #up = false;
  #changedAt = performance.now();
  /** The outage is over once the adapter is back; it is reported once, and given up on once. */
  #reported = false;
  #gaveUp = false;
  #heartbeatAt = -Infinity;
  #joinAt = 0;
  #joining = false;
  #left = false;
  #leave: Promise<void> | undefined;

  constructor(
    readonly self: string,
    adapter: Adapter,
    owner: MembershipOwner,
  ) {
    this.#adapter = adapter;
    this.#owner = owner;
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

  get peers(): Iterable<Peer> {
    return this.#peers.values();
  }

  /** How many questions the others were ever asked, and how many frames were sent to them again. */
  get counts(): { asked: number; resent: number } {
    const counts = { ...this.#forgotten };
    for (const peer of this.#peers.values()) add(counts, peer);
    return counts;
  }

  /** The others that are there now. */
  alive(): Peer[] {
    const now = performance.now();
    return [...this.#peers.values()].filter((peer) => peer.isAlive(now));
  }

  /** Resolves when those that are there have had the time to answer the first beat. */
  async discovered(): Promise<void> {
    const left = this.#changedAt + DISCOVERY_MS - performance.now();
    if (this.#up && left > 0) await pause(left);
  }

  peer(node: string): Peer {
    let peer = this.#peers.get(node);
    if (!peer) {
      peer = new Peer(node, this);
      peer.setReachable(this.#up);
      this.#peers.set(node, peer);
    }
    return peer;
  }

  onCall(operation: string, params: unknown, peer: Peer): Promise<unknown> {
    return this.#owner.onCall(operation, params, peer);
  }

  /** Async, so that what an adapter throws is a rejection too. */
  async transmit(to: string, frame: string): Promise<boolean> {
    const member = this.#member;
    if (!member || !this.#up) throw outOfReach();
    return withDeadline(member.send(to, frame), TRANSMIT_MS, noAnswer);
  }

  /** Says goodbye and ends the membership. Never rejects. */
  leave(): Promise<void> {
    this.#leave ??= this.#leaveGracefully();
    return this.#leave;
  }

  get leaving(): boolean {
    return this.#leave !== undefined;
  }

  async #leaveGracefully(): Promise<void> {
    await this.#idle();
    this.#left = true;
    clearInterval(this.#timer);
    await this.transmit(EVERYONE, encodePresence('leave', this.self)).catch(ignore);
    // The others are still there: nobody may be told that their sessions are gone.
    for (const peer of this.#peers.values()) peer.giveUp();
    const member = this.#member;
    this.#up = false;
    if (member) await withDeadline(leave(member), LEAVE_MS, noAnswer).catch(ignore);
  }

  /**
   * Resolves when what was asked of others is answered, and what was said to them has arrived:
   * the goodbye would overtake it.
   */
  async #idle(): Promise<void> {
    const deadline = performance.now() + SETTLE_MS;
    const busy = (): boolean => [...this.#peers.values()].some((peer) => peer.isBusy);
    while (this.#up && busy() && performance.now() < deadline) await pause(SETTLE_TURN_MS);
  }

  async #join(): Promise<void> {
    this.#joining = true;
    try {
      const member = await this.#adapter.join(this.self, {
        frame: (frame) => {
          this.#frameArrived(frame);
        },
        state: (up) => {
          this.#told = up;
          this.#update();
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

  #update(): void {
    const up = this.#told && this.#member !== undefined;
    if (up === this.#up || this.#left) return;
    this.#up = up;
    this.#changedAt = performance.now();
    if (up) this.#reported = this.#gaveUp = false;
    else this.#report(undefined);
    for (const peer of this.#peers.values()) peer.setReachable(up);
    this.#heartbeat(this.#changedAt);
  }

  #frameArrived(text: string): void {
    const frame = parsePacket(text);
    if (!frame || frame.from === this.self || this.#left) return;
    const known = this.#peers.has(frame.from);
    const peer = this.peer(frame.from);
    if (frame.kind === 'leave') {
      peer.markLeft();
      return;
    }
    const now = performance.now();
    peer.markAlive(now);
    if (frame.kind === 'link') peer.packetArrived(frame);
    // Someone new: it learns of us without waiting for our next beat.
    if (!known) this.#heartbeat(now);
  }

  #tick(now: number): void {
    if (!this.#member && !this.#joining && now >= this.#joinAt) void this.#join();
    if (now - this.#heartbeatAt >= HEARTBEAT_MS) this.#heartbeat(now);
    if (!this.#up && !this.#gaveUp && now - this.#changedAt >= OUTAGE_MS) {
      this.#gaveUp = true;
      for (const peer of this.#peers.values()) peer.giveUp();
    }
    for (const [node, peer] of this.#peers) {
      peer.tick(now, this.#up);
      if (!peer.isForgettable(now, FORGET_MS)) continue;
      add(this.#forgotten, peer);
      this.#peers.delete(node);
    }
  }

  #heartbeat(now: number): void {
    if (!this.#up) return;
    this.#heartbeatAt = now;
    for (const peer of this.#peers.values()) peer.remind(now);
    this.transmit(EVERYONE, encodePresence('beat', this.self)).catch(ignore);
  }

  /** Once for each outage. */
  #report(cause: unknown): void {
    if (this.#reported) return;
    this.#reported = true;
    const text = 'the adapter is out of reach: sessions of other nodes cannot be served';
    this.#owner.failed(new McpSseError('adapter-unavailable', text, { cause }));
  }
}

function add(counts: { asked: number; resent: number }, { requestsSent, resent }: Peer): void {
  counts.asked += requestsSent;
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
  // The next beat, or the state that the adapter tells, says more.
}
