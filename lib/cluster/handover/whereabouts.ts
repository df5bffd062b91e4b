// Finds sessions whose node is gone.
import { McpSseError } from '../../errors.js';
import type { Membership } from '../membership.js';
import type { Peer } from '../peer.js';
import { MAX_NAMES, type MovedSessions } from './moved-sessions.js';

/** Time for the others to say which sessions have moved to them. */
const TABLE_MS = 1_500;
const DONE = Promise.resolve();

/**
 * Finds sessions whose node is gone or unknown. Usually all nodes learn when a session moves. A
 * node that has just joined, or was out of touch at that time, asks each other node: once for each
 * node that is gone, and once for all unknown names together, because clients can invent names.
 */
export class Whereabouts {
  readonly #membership: Membership;
  readonly #moved: MovedSessions;
  /** By the node that is gone: the question to each other node, or `'told'` once it has answered. */
  readonly #asked = new Map<string, Map<string, Promise<void> | 'told'>>();
  /** The start of the contact with the others in which they were asked. */
  #since = -Infinity;

  constructor(membership: Membership, moved: MovedSessions) {
    this.#membership = membership;
    this.#moved = moved;
  }

  /** Whether all others have said which sessions of the lost `node` have moved to them. */
  hasAll(node: string): boolean {
    const { since, up } = this.#membership;
    return up && since === this.#since && this.#haveTold(this.#asked.get(this.#keyOf(node)));
  }

  /**
   * Resolves when the others have said which sessions of `node` they have; undefined if they
   * already have.
   */
  ask(node: string): Promise<void> | undefined {
    const { since, up } = this.#membership;
    // A node that has just begun may yet come into reach of the others.
    if (!up) return this.#membership.discovery.over()?.then(() => this.ask(node));
    if (since !== this.#since) this.#asked.clear();
    this.#since = since;
    const key = this.#keyOf(node);
    const asked = this.#asked.get(key) ?? new Map<string, Promise<void> | 'told'>();
    this.#asked.set(key, asked);
    return this.#haveTold(asked) ? undefined : this.#askAll(asked);
  }

  #keyOf(node: string): string {
    if (this.#membership.peer(node)) return node;
    // The code is part of the key: once this node knows all others, it asks for unknown names
    // again.
    return `names that were never heard, ${this.#membership.unknownNode().code}`;
  }

  #haveTold(asked: ReadonlyMap<string, Promise<void> | 'told'> | undefined): boolean {
    if (!asked || this.#membership.discovery.over()) return false;
    return this.#membership.known().every(({ node }) => asked.get(node) === 'told');
  }

  /** Asks every node that is not known to be gone and was not asked before. */
  async #askAll(asked: Map<string, Promise<void> | 'told'>): Promise<void> {
    await this.#membership.discovery.over();
    const answers = this.#membership.known().map((peer) => {
      const before = asked.get(peer.node);
      if (before !== undefined) return before === 'told' ? DONE : before;
      const telling = this.#askOne(peer).then((told) => {
        if (told) asked.set(peer.node, 'told');
        else asked.delete(peer.node);
      });
      asked.set(peer.node, telling);
      return telling;
    });
    await Promise.all(answers);
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
      // A node of another version takes no sessions over.
      return McpSseError.from(error).code === 'invalid-message' || peer.ended;
    }
  }
}
