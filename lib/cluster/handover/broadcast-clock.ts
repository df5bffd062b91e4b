// Remembers the broadcasts that have reached the sessions of this node.
import type { JsonRpcNotification } from '../../wire/json-rpc.js';
import { performance } from '../../util/timers.js';

/**
 * Broadcasts are kept this long, and this many of them, for sessions that are about to arrive.
 * A node that was silent gets a broadcast up to 30 s late, and its sessions may have moved by then.
 */
const KEEP_MS = 35_000;
const MAX_KEPT = 256;

/** A broadcast of another node, or of this one. */
export interface Broadcast {
  readonly node: string;
  /** Counts the broadcasts of that node. */
  readonly n: number;
  readonly message: JsonRpcNotification;
  readonly principal: string | undefined;
}

/**
 * Remembers the broadcasts that have reached the sessions of this node. Those of one node arrive in
 * order, so the number of its last one is enough. A session takes these numbers along when it
 * moves: its new node sends it the broadcasts that it has missed, and none twice.
 */
export class BroadcastClock {
  readonly #last: Record<string, number> = {};
  #kept: (Broadcast & { readonly at: number })[] = [];

  /** By node: the number of its last broadcast that has arrived. */
  get last(): Readonly<Record<string, number>> {
    return { ...this.#last };
  }

  note(broadcast: Broadcast): void {
    this.#last[broadcast.node] = broadcast.n;
    const at = performance.now();
    this.#kept.push({ ...broadcast, at });
    this.#kept = this.#kept.slice(-MAX_KEPT).filter((kept) => at - kept.at < KEEP_MS);
  }

  /** Recent broadcasts that `seen` does not cover, in order. */
  missedBy(seen: Readonly<Record<string, number>>): Broadcast[] {
    const since = performance.now() - KEEP_MS;
    return this.#kept.filter(({ node, n, at }) => at >= since && n > (seen[node] ?? 0));
  }
}
