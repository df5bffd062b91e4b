// Judges whether another node is alive.

/** Time for a node without a listener at its address to come back. */
export const GRACE_MS = 6_000;
/**
 * A node that answers nothing for this time counts as out of reach, whatever the adapter says. So
 * does a node that is silent for this time, or for three heartbeats if that is longer.
 */
export const SILENCE_MS = 6_000;
const MISSED_HEARTBEATS = 3;
/** A node that answers nothing for this time has ended, even if the adapter still counts it. */
export const LOST_MS = 30_000;
/** Time after an outage in which silence proves nothing: some nodes come back later than others. */
export const RECOVERY_MS = 30_000;
/**
 * A node is pinged when its heartbeat is late by half an interval, and again after the same time.
 */
const LATE = 1.5;
/** The same for a node without a listener at its address, or with messages that wait for it. */
const URGENT_PING_MS = 500;

/** This node's own contact with the others. */
export interface Contact {
  /** When the adapter came into reach, on the clock of `performance.now()`. */
  readonly upSince: number;
  /**
   * The time from which this node could hear the others without interruption: the adapter was in
   * reach, and this process was not frozen.
   */
  readonly since: number;
  /** Milliseconds between two heartbeats of a node. */
  readonly heartbeatMs: number;
  /** Time without a listener at its address after which a node counts as gone. */
  readonly graceMs: number;
  /** Whether silence proves anything: not for a while after an outage of the adapter. */
  isProof(now: number): boolean;
}

export class Liveness {
  readonly #contact: Contact;
  #heardAt = -Infinity;
  #pingedAt = -Infinity;
  /** When it was last heard again after one of its heartbeats was late. */
  #backAt = -Infinity;
  /** When the first frame went to it that it should have answered, since it was last heard. */
  #triedAt: number | undefined;
  /** When a frame to it first found no listener, if none has found one since. */
  #absentSince: number | undefined;
  #ended = false;
  #left = false;

  constructor(contact: Contact) {
    this.#contact = contact;
  }

  /** When it was last heard, whether or not it counts as gone. */
  get heardAt(): number {
    return this.#heardAt;
  }

  /** Whether it counts as gone, with all its sessions. */
  get ended(): boolean {
    return this.#ended;
  }

  /**
   * Whether the adapter finds no listener at its address, although it does not count as gone.
   */
  get isAbsent(): boolean {
    return this.#absentSince !== undefined && !this.#ended;
  }

  /**
   * Whether it is certainly gone: it has said that it leaves, or has answered nothing for
   * `LOST_MS`. A node that has merely lost the adapter counts as gone long before that, though it
   * lives.
   */
  isKnownToBeGone(now: number): boolean {
    if (this.#left) return true;
    const silentSince = Math.max(this.#triedAt ?? Infinity, this.#contact.since);
    return this.#ended && this.#contact.isProof(now) && now - silentSince >= LOST_MS;
  }

  /** Whether it is silent, and was last heard less than `ms` ago. */
  isMissing(now: number, ms: number): boolean {
    return !this.isAlive(now) && now - this.#heardAt < ms;
  }

  /** Whether it was heard lately. */
  isAlive(now: number): boolean {
    if (this.#ended || this.#isUnanswered(now)) return false;
    return now - this.#heardAt < this.#patienceMs;
  }

  /** Whether it was heard lately, and its address has a listener. */
  isThere(now: number): boolean {
    return this.isAlive(now) && !this.isAbsent;
  }

  /**
   * Whether the adapter may carry messages to it: only once it was heard after an outage, and while
   * its address has a listener. The adapter alone does not know whether messages arrive.
   */
  isReachable(now: number): boolean {
    const heard = this.isAlive(now) && this.#heardAt >= this.#contact.upSince;
    return heard && this.#absentSince === undefined;
  }

  /** Whether it was silent for too long while this node could hear it. */
  isSilent(now: number): boolean {
    const quietMs = now - Math.max(this.#heardAt, this.#contact.since);
    return quietMs >= this.#patienceMs || this.#isUnanswered(now);
  }

  /**
   * Whether one of its heartbeats was late at some time after `since`: messages that it passes on
   * may be late, too.
   */
  wasLate(since: number, now: number): boolean {
    return !this.#ended && (this.#backAt >= since || this.#isLate(now));
  }

  /** Something of it has arrived. */
  heard(now: number): void {
    if (this.#left) return;
    if (this.#isLate(now) && this.#heardAt > -Infinity) this.#backAt = now;
    this.#heardAt = now;
    this.#triedAt = this.#absentSince = undefined;
    this.#ended = false;
  }

  /**
   * The adapter has taken a frame for it.
   *
   * @param present whether its address has a listener
   * @param asks whether it answers such a frame
   * @returns whether it must count as gone: no listener for `graceMs`, or silence for `LOST_MS`
   */
  tried(present: boolean, now: number, asks = true): boolean {
    if (asks) this.#triedAt ??= now;
    if (present) this.#absentSince = undefined;
    else this.#absentSince ??= now;
    // A frozen process hears no other node.
    const { since, graceMs } = this.#contact;
    const absentMs = now - Math.max(this.#absentSince ?? Infinity, since);
    const triedMs = now - Math.max(this.#triedAt ?? Infinity, since);
    const shown = absentMs >= graceMs || triedMs >= LOST_MS;
    return !this.#ended && shown && this.#contact.isProof(now);
  }

  /** It counts as gone, until it is heard again. */
  end(): void {
    this.#ended = true;
  }

  /** It has said that it leaves: its name is never used again. */
  leave(): void {
    this.#left = this.#ended = true;
  }

  /**
   * Whether it is time to ping it. If so, it counts as pinged.
   *
   * @param needed whether messages wait for it
   */
  takePing(now: number, needed: boolean): boolean {
    const { heartbeatMs } = this.#contact;
    const isUrgent = this.#absentSince !== undefined || (needed && !this.isReachable(now));
    const intervalMs = isUrgent ? URGENT_PING_MS : LATE * heartbeatMs;
    if (this.#ended || now - Math.max(this.#heardAt, this.#pingedAt) < intervalMs) return false;
    this.#pingedAt = now;
    return true;
  }

  get #patienceMs(): number {
    return Math.max(SILENCE_MS, MISSED_HEARTBEATS * this.#contact.heartbeatMs);
  }

  #isLate(now: number): boolean {
    return now - this.#heardAt >= LATE * this.#contact.heartbeatMs;
  }

  #isUnanswered(now: number): boolean {
    const { since } = this.#contact;
    return this.#triedAt !== undefined && now - Math.max(this.#triedAt, since) >= SILENCE_MS;
  }
}
