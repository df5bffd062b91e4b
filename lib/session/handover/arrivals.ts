// Sessions of other nodes that are about to arrive.
import { keyOf, type ResumeClaim } from '../resume/resume-claim.js';
import type { SessionState } from './session-state.js';

/**
 * Sessions of other nodes that are about to arrive. Requests for one of them wait until it has
 * arrived, or will not.
 */
export class Arrivals {
  readonly #byName = new Map<string, Promise<void>>();

  /** @returns a function to call once the session has arrived, or will not */
  add({ id, principal, sender: { strategy } }: SessionState): () => void {
    const { token, key } = strategy;
    const names = [id];
    if (token !== undefined) names.push(tokenName(token));
    if (key !== undefined) names.push(keyName(principal, key));
    let settle: () => void = ignore;
    const arrival = new Promise<void>((resolve) => (settle = resolve));
    for (const name of names) this.#byName.set(name, arrival);
    return () => {
      for (const name of names) {
        if (this.#byName.get(name) === arrival) this.#byName.delete(name);
      }
      settle();
    };
  }

  /** Resolves when all have arrived, or will not; undefined if none is on its way. */
  get all(): Promise<void> | undefined {
    if (this.#byName.size === 0) return undefined;
    return Promise.all(this.#byName.values()).then(ignore);
  }

  /**
   * Resolves when the session of that id has arrived, or will not; undefined if it is not coming.
   */
  of(sessionId: string): Promise<void> | undefined {
    return this.#byName.size === 0 ? undefined : this.#byName.get(sessionId);
  }

  /** As `of`, for the claimed session. */
  claimed(claim: ResumeClaim, principal: string | undefined): Promise<void> | undefined {
    if (this.#byName.size === 0) return undefined;
    if (claim.by === 'probe') return this.#byName.get(claim.sessionId);
    if (claim.by === 'event-id') return this.#byName.get(tokenName(claim.token));
    return this.#byName.get(keyName(principal, claim.key));
  }
}

/** No session id contains a space. */
const tokenName = (token: string): string => `token ${token}`;
const keyName = (principal: string | undefined, key: string): string =>
  `key ${keyOf(principal, key)}`;

function ignore(): void {
  // `add` replaces it at once.
}
