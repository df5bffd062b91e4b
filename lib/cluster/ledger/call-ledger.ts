// Notes the running calls of this node on another one, in case this node is killed.
import { AnnotatedTools } from '../../session/inbound/annotated-tools.js';
import { CallTrail, type CallTracker } from '../../session/inbound/call-trail.js';
import type { TrailUpdate } from '../../session/inbound/trail-update.js';
import type { TrailedSession } from '../../session/inbound/trailed-session.js';
import { clearTimeout, performance, setTimeout } from '../../util/timers.js';
import type { Membership } from '../membership.js';
import { NOTES_VERSION } from './call-notes.js';

/**
 * No other node learns of calls that are answered within this time, and all others of this time
 * share one message. The 202 of the POST waits for it; the answer does not.
 */
const SOON_MS = 5;
/** Less urgent news is sent within this time, together with other news. */
const LATER_MS = 100;
/** The longest time that a POST waits until the other node knows its calls. */
const TOLD_MS = 250;
/** A node that acknowledges nothing for this time is replaced by another one. */
const PATIENCE_MS = 1_000;
/** Time for a node to accept all calls at once. */
const KEEP_CALL_MS = 5_000;
/** Time after which a node that was replaced, or has refused, may keep calls again. */
const EXCLUDED_MS = 30_000;

/** Notes on their way to the other node, and the POSTs that wait for them. */
interface Notes {
  readonly sentAt: number;
  readonly waiting: Waiting | undefined;
}

/** The node that keeps our calls. */
interface Keeper {
  readonly node: string;
  readonly generation: number;
  /** The notes that it has not acknowledged. */
  readonly unacknowledged: Set<Notes>;
}

/** A promise that all POSTs with calls in one message share. */
class Waiting {
  readonly promise: Promise<void>;
  #resolve: () => void = ignore;
  #timer: NodeJS.Timeout | undefined;

  constructor() {
    this.promise = new Promise((resolve) => (this.#resolve = resolve));
  }

  startDeadline(onLate: () => void): void {
    this.#timer = setTimeout(() => {
      onLate();
      this.end();
    }, TOLD_MS).unref();
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#resolve();
  }
}

/**
 * Tells one other node, the keeper, of the calls of this one: all news of some milliseconds in one
 * message. If the keeper is gone or does not answer, another node gets all calls.
 */
export class CallLedger implements CallTracker {
  readonly #membership: Membership;
  readonly #reruns: boolean;
  readonly #trails = new Set<CallTrail>();
  readonly #changed = new Set<CallTrail>();
  /** Nodes that cannot be the keeper for now, with the time from which they can. */
  readonly #excluded = new Map<string, number>();
  #keeper: Keeper | undefined;
  #generation = 0;
  #count = 0;
  /** The POSTs that wait for the next notes. */
  #waiting: Waiting | undefined;
  /** Whether the keeper acknowledges in time. If not, POSTs do not wait for it. */
  #isPrompt = true;
  #soonTimer: NodeJS.Timeout | undefined;
  #laterTimer: NodeJS.Timeout | undefined;

  /** @param reruns whether the keeper also gets the requests of tools that may run again */
  constructor(membership: Membership, reruns: boolean) {
    this.#membership = membership;
    this.#reruns = reruns;
  }

  track(session: TrailedSession): CallTrail {
    const tools = this.#reruns ? new AnnotatedTools() : undefined;
    const trail = new CallTrail(session, this, (this.#count += 1), tools);
    this.#trails.add(trail);
    return trail;
  }

  changed(trail: CallTrail, soon: boolean): void {
    if (!this.#keeper) return;
    this.#changed.add(trail);
    this.#schedule(soon);
  }

  told(): Promise<void> | undefined {
    if (!this.#keeper || !this.#isPrompt || !this.#membership.up) return undefined;
    this.#waiting ??= new Waiting();
    return this.#waiting.promise;
  }

  ended(trail: CallTrail): void {
    this.#trails.delete(trail);
    this.changed(trail, false);
  }

  /** Replaces the keeper if it is late or gone. */
  check(now: number): void {
    if (!this.#membership.up) return;
    const keeper = this.#keeper;
    if (keeper) {
      const [oldest] = keeper.unacknowledged;
      const isLate = oldest !== undefined && now - oldest.sentAt >= PATIENCE_MS;
      if (!isLate && this.#mayKeep(keeper.node, now)) return;
      this.#excluded.set(keeper.node, now + EXCLUDED_MS);
    }
    for (const [node, until] of this.#excluded) if (until <= now) this.#excluded.delete(node);
    this.#choose(now);
  }

  /** This node leaves: sends the rest of the news now. */
  close(): void {
    this.#flush();
    this.#keeper = undefined;
  }

  #isAlive(name: string, now: number): boolean {
    return this.#membership.nodes.get(name)?.liveness.isAlive(now) === true;
  }

  /** Prefers another node if this one has no listener: it may count as gone only much later. */
  #mayKeep(name: string, now: number): boolean {
    const liveness = this.#membership.nodes.get(name)?.liveness;
    if (liveness?.isThere(now)) return true;
    return liveness?.isAlive(now) === true && this.#nextKeeper(now, name) === undefined;
  }

  #nextKeeper(now: number, former?: string): string | undefined {
    const { self, nodes } = this.#membership;
    return nodes.nextAfter(
      self,
      ({ name, liveness }) => liveness.isThere(now) && name !== former && !this.#excluded.has(name),
    );
  }

  #choose(now: number): void {
    const before = this.#keeper;
    // The node that was late, if there is no other.
    const late = before && this.#isAlive(before.node, now) ? before.node : undefined;
    const next = this.#nextKeeper(now) ?? late;
    this.#release(before);
    if (before && before.node !== next) this.#tellAll(before.node, []).catch(ignore);
    if (next === undefined) return;
    const keeper = {
      node: next,
      generation: (this.#generation += 1),
      unacknowledged: new Set<Notes>(),
    };
    this.#keeper = keeper;
    this.#changed.clear();
    const updates = [...this.#trails].flatMap((trail) => trail.takeAll() ?? []);
    const notes = this.#sent(keeper);
    this.#tellAll(next, updates).then(
      () => {
        this.#acknowledged(keeper, notes);
      },
      () => {
        if (this.#keeper !== keeper) return;
        this.#excluded.set(next, performance.now() + EXCLUDED_MS);
        this.#release(keeper);
      },
    );
  }

  /** Stops telling the keeper, until there is another one. */
  #release(keeper: Keeper | undefined): void {
    this.#keeper = undefined;
    for (const { waiting } of keeper?.unacknowledged ?? []) waiting?.end();
    this.#waiting?.end();
    this.#waiting = undefined;
  }

  async #tellAll(node: string, updates: readonly TrailUpdate[]): Promise<void> {
    const generation = this.#generation;
    const notes = { version: NOTES_VERSION, generation, updates };
    await this.#membership.peer(node)?.call('keepCalls', notes, KEEP_CALL_MS);
  }

  #schedule(soon: boolean): void {
    if (soon) this.#soonTimer ??= setTimeout(this.#flush, SOON_MS).unref();
    else this.#laterTimer ??= setTimeout(this.#flush, LATER_MS).unref();
  }

  readonly #flush = (): void => {
    clearTimeout(this.#soonTimer);
    clearTimeout(this.#laterTimer);
    this.#soonTimer = this.#laterTimer = undefined;
    const keeper = this.#keeper;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    const updates = keeper ? [...this.#changed].flatMap((trail) => trail.takeUpdate() ?? []) : [];
    this.#changed.clear();
    if (!keeper || updates.length === 0) {
      waiting?.end();
      return;
    }
    const notes = this.#sent(keeper, waiting);
    const isTold = this.#membership
      .peer(keeper.node)
      ?.tell('noteCalls', { generation: keeper.generation, updates }, () => {
        this.#acknowledged(keeper, notes);
      });
    // The keeper has a gap now. It gets all calls once there is room.
    if (!isTold) this.#release(keeper);
  };

  #sent(keeper: Keeper, waiting?: Waiting): Notes {
    const notes = { sentAt: performance.now(), waiting };
    keeper.unacknowledged.add(notes);
    waiting?.startDeadline(() => {
      this.#isPrompt = false;
    });
    return notes;
  }

  #acknowledged(keeper: Keeper, notes: Notes): void {
    this.#isPrompt = true;
    keeper.unacknowledged.delete(notes);
    notes.waiting?.end();
  }
}

function ignore(): void {
  // A failing node is replaced before its next call, and useless notes expire by themselves.
}
