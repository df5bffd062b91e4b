// Whether another node is alive, as far as that is known.
/** What is known of another node's life, by what is heard of it and who listens at its address. */

/** A node that nobody listens for has this long to come back after a cut of its own. */
export const GRACE_MS = 3_000;
/** A node of which nothing is heard for this long is not reached, whatever the adapter says. */
const SILENCE_MS = 6_000;
/** A node of which nothing is heard for this long has ended, even if the adapter still counts it. */
const LOST_MS = 30_000;
/** After an outage of the adapter some nodes come back later than others. */
export const RECOVERY_MS = 30_000;
/** A node of which nothing is heard for this long is pinged, and again after as long. */
const PING_MS = 1_500;
/** The same for one at whose address nobody listens. */
const ABSENT_PING_MS = 500;

/** This node's own contact with the others. */
export interface Contact {
  /** When the adapter came into reach, on the clock of `performance.now()`. */
  readonly upSince: number;
  /**
   * Since when it could have heard them without interruption: the adapter is in reach, and this
   * process has not stood still.
   */
  readonly since: number;
  /** Whether silence proves anything: not for a while after an outage of the adapter. */
  isProof(now: number): boolean;
}

export class Liveness {
  readonly #contact: Contact;
  #heardAt = -Infinity;
  #pingedAt = -Infinity;
  /** The first frame to it since it was heard that the adapter took. */
  #triedAt: number | undefined;
  /** The first of those for which nobody listened, if nobody has listened since. */
  #absentSince: number | undefined;
  #ended = false;
  #left = false;

  constructor(contact: Contact) {
    this.#contact = contact;
  }

  /** When something of it was heard last, before its end too. */
  get heardAt(): number {
    return this.#heardAt;
  }

  /** Whether it is known to be no more, with all its sessions. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Whether it was heard lately. */
  isAlive(now: number): boolean {
    return !this.#ended && now - this.#heardAt < SILENCE_MS;
  }

  /**
   * Whether messages may be handed to the adapter for it. Not before it was heard after an outage,
   * and not while nobody listens: the adapter's word alone does not show that it gets them, or
   * that it does not.
   */
  isReachable(now: number): boolean {
    const heard = this.isAlive(now) && this.#heardAt >= this.#contact.upSince;
    return heard && this.#absentSince === undefined;
  }

  /** Whether nothing was heard of it for too long, while it could have been. */
  isSilent(now: number): boolean {
    return now - Math.max(this.#heardAt, this.#contact.since) >= SILENCE_MS;
  }

  /** Something of it has arrived. */
  heard(now: number): void {
    if (this.#left) return;
    this.#heardAt = now;
    this.#triedAt = this.#absentSince = undefined;
    this.#ended = false;
  }

  /**
   * The adapter has taken a frame for it.
   *
   * @param present whether somebody listens at its address
   * @returns whether this shows its end: nobody has listened for the grace, or nothing was heard
   * for very long
   */
  tried(present: boolean, now: number): boolean {
    this.#triedAt ??= now;
    if (present) this.#absentSince = undefined;
    else this.#absentSince ??= now;
    // While this process stood still it heard nobody.
    const { since } = this.#contact;
    const absentMs = now - Math.max(this.#absentSince ?? Infinity, since);
    const triedMs = now - Math.max(this.#triedAt, since);
    const shown = absentMs >= GRACE_MS || triedMs >= LOST_MS;
    return !this.#ended && shown && this.#contact.isProof(now);
  }

  /** It is no more. */
  end(): void {
    this.#ended = true;
  }

  /** It has said that it leaves: its name is never used again. */
  leave(): void {
    this.#left = this.#ended = true;
  }

  /** Whether it is time to ping it, which counts as done then. */
  takePing(now: number): boolean {
    const intervalMs = this.#absentSince === undefined ? PING_MS : ABSENT_PING_MS;
    if (this.#ended || now - Math.max(this.#heardAt, this.#pingedAt) < intervalMs) return false;
    this.#pingedAt = now;
    return true;
  }
}
