// Finds out where a session is whose node is gone.
import { McpSseError } from '../../errors.js';
import type { Membership } from '../membership.js';
import type { Peer } from '../peer.js';
import { MAX_NAMES, type MovedSessions } from './moved-sessions.js';

/** How long the others may take to say which sessions have come to them. */
const TABLE_MS = 1_500;

/**
 * Finds out where sessions are whose nodes are gone, or were never heard of. Usually a node was
 * told when they moved. One that has just joined, or was out of touch then, asks all others once for
 * each node that is gone, and once for all names that nobody has heard of: text of clients
 * causes no more than that.
 */
export class Whereabouts {
  readonly #membership: Membership;
  readonly #moved: MovedSessions;
  /** What was asked for, by the node that is gone: until it is told, and whether all have told. */
  readonly #asked = new Map<string, Promise<void> | 'told'>();
  /** The contact with the others in which it was asked. */
  #since = -Infinity;

  constructor(membership: Membership, moved: MovedSessions) {
    this.#membership = membership;
    this.#moved = moved;
  }

  /** Whether all others have told which sessions of `node`, which is gone, have come to them. */
  hasAll(node: string): boolean {
    const { since, up } = this.#membership;
    return up && since === this.#since && this.#asked.get(this.#keyOf(node)) === 'told';
  }

  /** Resolves when all is known that others tell of the sessions of `node`; undefined if it is now. */
  ask(node: string): Promise<void> | undefined {
    const { since, up } = this.#membership;
    if (!up) return undefined;
    if (since !== this.#since) this.#asked.clear();
    this.#since = since;
    const key = this.#keyOf(node);
    const asked = this.#asked.get(key);
    if (asked) return asked === 'told' ? undefined : asked;
    const told = this.#askAll().then((all) => {
      if (this.#asked.get(key) !== told) return;
      if (all) this.#asked.set(key, 'told');
      else this.#asked.delete(key);
    });
    this.#asked.set(key, told);
    return told;
  }

  #keyOf(node: string): string {
    if (this.#membership.peer(node)) return node;
    // Some may be told after this node has met all others.
    return `names that were never heard, ${this.#membership.unknownNode().code}`;
  }

  /** Whether all have answered that are not known to be gone. */
  async #askAll(): Promise<boolean> {
    await this.#membership.discovered();
    const answers = this.#membership.known().map((peer) => this.#askOne(peer));
    return (await Promise.all(answers)).every((answered) => answered);
  }

  async #askOne(peer: Peer): Promise<boolean> {
    try {
      const names = await peer.call('table', {}, TABLE_MS);
      if (!Array.isArray(names)) return true;
      for (const name of names.slice(0, MAX_NAMES)) {
        if (typeof name === 'string') this.#moved.set(name, peer.node);
      }
      return true;
    } catch (error) {
      // One of another version has no such sessions.
      return McpSseError.from(error).code === 'invalid-message' || peer.ended;
    }
  }
}
