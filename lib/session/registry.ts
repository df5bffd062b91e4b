// The sessions of this node, their caps, and the rules for returning to one.
import { McpSseError } from '../errors.js';
import { Arrivals } from './handover/arrivals.js';
import type { LiveSession } from './live-session.js';
import { principalsDiffer, sessionNotFound } from './session-not-found.js';
import { keyOf, type ResumeClaim } from './resume/resume-claim.js';
import type { Session, Sessions } from './session.js';
import { randomText } from '../util/random-text.js';
import { performance } from '../util/timers.js';

/** The caps of sessions, and the rule for returning to an anonymous one. */
export interface RegistryLimits {
  readonly maxSessions: number;
  readonly maxSessionsPerPrincipal: number;
  /** @defaultValue 'same-address' */
  readonly anonymous?: 'same-address' | 'any' | false;
  /** The name of this node. @defaultValue random */
  readonly node?: string | undefined;
}

/** A session, and the offset after which its client continues. */
export interface Resumption<Data> {
  readonly session: LiveSession<Data>;
  readonly offset: number;
}

/**
 * This node's sessions and their caps. A stream takes its slot before its first await and returns
 * it with the session: even many callers at once cannot exceed the caps.
 */
export class SessionRegistry<Data = unknown> {
  /** The name of this node: new in each process, because ids of an old one must name no session. */
  readonly node: string;
  /** The handles that the application gets. */
  readonly handles: Sessions<Data> = new SessionHandles(this);
  /** Sessions of other nodes that are about to arrive. */
  readonly arrivals: Arrivals = new Arrivals();
  /** Set once the node shuts down: it accepts no new sessions and requests. */
  draining = false;
  readonly #sessions = new Map<string, LiveSession<Data>>();
  readonly #byToken = new Map<string, LiveSession<Data>>();
  readonly #byKey = new Map<string, LiveSession<Data>>();
  readonly #slots = new Map<string | undefined, number>();
  readonly #limits: RegistryLimits;
  #taken = 0;

  constructor(limits: RegistryLimits) {
    this.node = limits.node ?? randomText(9);
    this.#limits = limits;
  }

  get size(): number {
    return this.#sessions.size;
  }

  get(id: string): LiveSession<Data> | undefined {
    return this.#sessions.get(id);
  }

  [Symbol.iterator](): IterableIterator<LiveSession<Data>> {
    return this.#sessions.values();
  }

  /**
   * Finds the session of a claim, and the offset after which its client continues.
   *
   * @throws McpSseError `session-not-found` if the session is unknown, another principal's, or cannot
   * go on without a gap.
   */
  resume(claim: ResumeClaim, principal: string | undefined): Resumption<Data> {
    const session = this.claimed(claim, principal);
    const isOpen = session !== undefined && session.state !== 'closed';
    if (isOpen && this.mayReturn(session, claim, principal)) {
      const offset = session.sender.resumeOffset(claim);
      if (session.sender.canResume(claim, offset)) return { session, offset };
    }
    // The claim holds a secret or the key of the session, so it is no guess.
    const differs = session && session.principal !== principal;
    throw sessionNotFound(differs ? principalsDiffer(session.principal, principal) : undefined);
  }

  /**
   * Takes a slot for a session of `principal`. Callers without a principal count towards the total
   * only. With all slots taken, each detached session allows one more: `makeRoom` closes it once
   * the caller is accepted.
   *
   * @throws McpSseError `too-many-sessions`.
   */
  takeSlot(principal: string | undefined): void {
    if (this.#excess(principal, 1) > this.#detachedOf(principal)) throw full();
    if (this.#excess(undefined, 1) > this.#detachedOf(undefined)) throw full();
    this.#taken += 1;
    this.#slots.set(principal, this.#takenBy(principal) + 1);
  }

  /**
   * Closes detached sessions, the longest-detached first, until the caps hold: a present client
   * matters more than an absent one.
   *
   * @throws McpSseError `too-many-sessions` if their clients have returned meanwhile.
   */
  makeRoom(principal: string | undefined): void {
    for (const of of [principal, undefined]) {
      while (this.#excess(of, 0) > 0) {
        const longest = this.#longestDetached(of);
        if (!longest) throw full();
        longest.close('replay-evicted');
      }
    }
  }

  /**
   * Takes a slot for a session of another node. It evicts no session of this node.
   *
   * @throws McpSseError `too-many-sessions`.
   */
  takeFreeSlot(principal: string | undefined): void {
    if (this.#excess(principal, 1) > 0 || this.#excess(undefined, 1) > 0) throw full();
    this.takeSlot(principal);
  }

  freeSlot(principal: string | undefined): void {
    this.#taken -= 1;
    const left = this.#takenBy(principal) - 1;
    if (left > 0) this.#slots.set(principal, left);
    else this.#slots.delete(principal);
  }

  /**
   * @throws McpSseError `internal` if the id is in use; the session with that id is not changed.
   */
  add(session: LiveSession<Data>): void {
    if (this.#sessions.has(session.id)) {
      throw new McpSseError(
        'internal',
        'the id of a new session is already in use: sessionIdGenerator() must return a new one',
      );
    }
    this.#sessions.set(session.id, session);
    const { token, key } = session.sender.resumeStrategy;
    if (token !== undefined) this.#byToken.set(token, session);
    if (key !== undefined) this.#byKey.set(keyOf(session.principal, key), session);
  }

  /** The claimed session, whether or not the claimant may have it. */
  claimed(claim: ResumeClaim, principal: string | undefined): LiveSession<Data> | undefined {
    if (claim.by === 'event-id') return this.#byToken.get(claim.token);
    if (claim.by === 'probe') return this.#sessions.get(claim.sessionId);
    return this.#byKey.get(keyOf(principal, claim.key));
  }

  /** Whether the identity of the claimant entitles it to the session, on whichever node that is. */
  mayReturn(
    session: Pick<LiveSession, 'principal' | 'address'>,
    claim: ResumeClaim,
    principal: string | undefined,
  ): boolean {
    if (session.principal !== principal) return false;
    // Authentication proves a principal, and the other claims hold a secret or the client's key.
    if (principal !== undefined || claim.by !== 'probe') return true;
    const { anonymous } = this.#limits;
    return anonymous === 'any' || (anonymous !== false && session.address === claim.address);
  }

  /** The slots by which `more` would exceed the cap of `principal`, or of all if undefined. */
  #excess(principal: string | undefined, more: number): number {
    const { maxSessions, maxSessionsPerPrincipal } = this.#limits;
    return principal === undefined
      ? this.#taken + more - maxSessions
      : this.#takenBy(principal) + more - maxSessionsPerPrincipal;
  }

  /**
   * The number of detached sessions of `principal`, or of all. Counts only if the cap is reached.
   */
  #detachedOf(principal: string | undefined): number {
    if (this.#excess(principal, 1) <= 0) return 0;
    let count = 0;
    for (const session of this.#sessions.values()) {
      if (session.state !== 'detached') continue;
      if (principal === undefined || session.principal === principal) count += 1;
    }
    return count;
  }

  #takenBy(principal: string | undefined): number {
    return this.#slots.get(principal) ?? 0;
  }

  /** Searches all sessions, or those of one principal. Called only if there is no room. */
  #longestDetached(principal?: string): LiveSession<Data> | undefined {
    const now = performance.now();
    let found: LiveSession<Data> | undefined;
    for (const session of this.#sessions.values()) {
      if (session.state !== 'detached') continue;
      if (principal !== undefined && session.principal !== principal) continue;
      if (!found || session.ages(now).detached > found.ages(now).detached) found = session;
    }
    return found;
  }

  /**
   * Returns whether it was there. A session that was never added does not remove one with its id.
   */
  remove(session: LiveSession<Data>): boolean {
    if (this.#sessions.get(session.id) !== session) return false;
    const { token, key } = session.sender.resumeStrategy;
    if (token !== undefined) this.#byToken.delete(token);
    const own = key === undefined ? undefined : keyOf(session.principal, key);
    if (own !== undefined && this.#byKey.get(own) === session) this.#byKey.delete(own);
    return this.#sessions.delete(session.id);
  }
}

/** The handles of a registry's sessions. */
class SessionHandles<Data> implements Sessions<Data> {
  readonly #registry: SessionRegistry<Data>;

  constructor(registry: SessionRegistry<Data>) {
    this.#registry = registry;
  }

  get size(): number {
    return this.#registry.size;
  }

  get(id: string): Session<Data> | undefined {
    return this.#registry.get(id)?.handle;
  }

  *[Symbol.iterator](): IterableIterator<Session<Data>> {
    for (const { handle } of this.#registry) yield handle;
  }
}

function full(): McpSseError {
  return new McpSseError(
    'too-many-sessions',
    'too many sessions: limits.maxSessions or limits.maxSessionsPerPrincipal is reached',
  );
}
