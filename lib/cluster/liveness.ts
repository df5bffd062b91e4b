/** A node that nobody listens for has this long to come back after a cut of its own. */
const GRACE_MS = 3_000;
/** A node of which nothing is heard for this long is out of reach, whatever the adapter says. */
const SILENCE_MS = 6_000;
/** A node of which nothing is heard for this long is asked for, and again after as long. */
const PING_MS = 1_500;

/** What is known of another node's life: when it was heard, whether anybody listens for it. */
export class Liveness {
  /** On the clock of `performance.now()`; never, too, once its end is known. */
  #heardAt = -Infinity;
  #lastHeardAt = -Infinity;
  #pingedAt = -Infinity;
  /** Nobody has listened at its address since it was heard. */
  #absent = false;
  #left = false;

  /** When something of it was heard last, before its end too. */
  get lastHeardAt(): number {
    return this.#lastHeardAt;
  }

  isAlive(now: number): boolean {
    return now - this.#heardAt < SILENCE_MS;
  }

  /** Whether nothing was heard of it for too long, where it could have been since `upSince`. */
  isSilent(now: number, upSince: number): boolean {
    return now - Math.max(this.#heardAt, upSince) >= SILENCE_MS;
  }

  /** Whether it has left, or was absent for the grace: the node is no more, with its sessions. */
  hasEnded(now: number, upSince: number): boolean {
    return this.#left || (this.#absent && now - Math.max(this.#heardAt, upSince) >= GRACE_MS);
  }

  heard(now: number): void {
    this.#heardAt = this.#lastHeardAt = now;
    this.#absent = false;
  }

  /** Nobody listens at its address. */
  absent(): void {
    this.#absent = true;
  }

  /** It has said that it leaves: an address is never used again. */
  leave(): void {
    this.#left = true;
  }

  /** It is no more. */
  markEnded(): void {
    this.#heardAt = -Infinity;
    this.#absent = false;
  }

  /** Whether it is time to ask for it, which counts as done then. */
  takePing(now: number): boolean {
    if (this.#heardAt === -Infinity) return false;
    if (now - Math.max(this.#heardAt, this.#pingedAt) < PING_MS) return false;
    this.#pingedAt = now;
    return true;
  }
}
