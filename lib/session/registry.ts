import { McpSseError } from '../errors.js';
import type { LiveSession } from './live-session.js';
import { randomText } from '../util/random-text.js';
import { performance } from '../util/timers.js';

/**
 * This node's sessions, and the room there is for more. A slot is taken before anything is
 * awaited and given back with the session, so that a crowd cannot slip past the caps.
 */
export class SessionRegistry<Data = unknown> {
  /** Names this node: a fresh one each time, so that an id from an earlier life names nobody. */
  readonly node: string = randomText(9);
  /** Set once the node shuts down: no new sessions and requests. */
  draining = false;
  readonly #sessions = new Map<string, LiveSession<Data>>();
  readonly #byToken = new Map<string, LiveSession<Data>>();
  readonly #byKey = new Map<string, LiveSession<Data>>();
  readonly #slots = new Map<string | undefined, number>();
  readonly #limits: { readonly maxSessions: number; readonly maxSessionsPerPrincipal: number };
  #taken = 0;

  constructor(limits: { readonly maxSessions: number; readonly maxSessionsPerPrincipal: number }) {
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

  /** The session whose stream has the token of an event id. */
  withToken(token: string): LiveSession<Data> | undefined {
    return this.#byToken.get(token);
  }

  /** The session of the client of `principal` that the application calls `key`. */
  withKey(key: string, principal: string | undefined): LiveSession<Data> | undefined {
    return this.#byKey.get(keyOf(principal, key));
  }

  /**
   * Takes a slot for a session of `principal`; the caps of a principal do not hold for callers
   * without one. A client that is here goes before one that is away: where all slots are taken,
   * the session that has been detached the longest makes room.
   *
   * @throws McpSseError `too-many-sessions`.
   */
  takeSlot(principal: string | undefined): void {
    const { maxSessions, maxSessionsPerPrincipal } = this.#limits;
    const ownFull = (): boolean =>
      principal !== undefined && this.#takenBy(principal) >= maxSessionsPerPrincipal;
    if (ownFull()) this.#longestDetached(principal)?.close('replay-evicted');
    else if (this.#taken >= maxSessions) this.#longestDetached()?.close('replay-evicted');
    if (this.#taken >= maxSessions || ownFull()) {
      throw new McpSseError('too-many-sessions', 'no room for another session');
    }
    this.#taken += 1;
    this.#slots.set(principal, this.#takenBy(principal) + 1);
  }

  freeSlot(principal: string | undefined): void {
    this.#taken -= 1;
    const left = this.#takenBy(principal) - 1;
    if (left > 0) this.#slots.set(principal, left);
    else this.#slots.delete(principal);
  }

  /** @throws McpSseError `internal` when the id is in use: the live session is not touched. */
  add(session: LiveSession<Data>): void {
    if (this.#sessions.has(session.id)) {
      throw new McpSseError('internal', 'the id of a new session is already in use');
    }
    this.#sessions.set(session.id, session);
    const { token, key } = session.sender.resumeStrategy;
    if (token !== undefined) this.#byToken.set(token, session);
    if (key !== undefined) this.#byKey.set(keyOf(session.principal, key), session);
  }

  #takenBy(principal: string | undefined): number {
    return this.#slots.get(principal) ?? 0;
  }

  /** Of all sessions, or of one principal's. Looked for only when there is no room. */
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

  /** Whether it was there. A session that was never added cannot remove one with its id. */
  remove(session: LiveSession<Data>): boolean {
    if (this.#sessions.get(session.id) !== session) return false;
    const { token, key } = session.sender.resumeStrategy;
    if (token !== undefined) this.#byToken.delete(token);
    const own = key === undefined ? undefined : keyOf(session.principal, key);
    if (own !== undefined && this.#byKey.get(own) === session) this.#byKey.delete(own);
    return this.#sessions.delete(session.id);
  }
}

/** Keys are a principal's own: nobody takes the place of another by using the same one. */
const keyOf = (principal: string | undefined, key: string): string =>
  JSON.stringify([principal, key]);
