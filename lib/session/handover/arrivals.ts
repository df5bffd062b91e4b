// Sessions of other nodes that are about to be here.
import { keyOf, type ResumeClaim } from '../resume/resume-claim.js';
import type { SessionState } from './session-state.js';

/**
 * Sessions of other nodes that are about to be here: what comes for one of them waits until it is
 * here, or is not to come.
 */
export class Arrivals {
  readonly #byName = new Map<string, Promise<void>>();

  /** @returns to be called once the session is here, or is not to come */
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

  /** Resolves when all are here, or are not to come; undefined where none is on its way. */
  get all(): Promise<void> | undefined {
    if (this.#byName.size === 0) return undefined;
    return Promise.all(this.#byName.values()).then(ignore);
  }

  /** Resolves when the session of that id is here; undefined if it is not about to be. */
  of(sessionId: string): Promise<void> | undefined {
    return this.#byName.size === 0 ? undefined : this.#byName.get(sessionId);
  }

  /** As `of`, for the session that is claimed. */
  claimed(claim: ResumeClaim, principal: string | undefined): Promise<void> | undefined {
    if (this.#byName.size === 0) return undefined;
    if (claim.by === 'probe') return this.#byName.get(claim.sessionId);
    if (claim.by === 'event-id') return this.#byName.get(tokenName(claim.token));
    return this.#byName.get(keyName(principal, claim.key));
  }
}

/** No id of a session has a blank. */
const tokenName = (token: string): string => `token ${token}`;
const keyName = (principal: string | undefined, key: string): string =>
  `key ${keyOf(principal, key)}`;

function ignore(): void {
  // Replaced before anybody can call it.
}
