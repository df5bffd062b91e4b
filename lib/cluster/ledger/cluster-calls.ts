// Notes the calls of this node on another one, and finds those of killed nodes.
import type { Claimant } from '../../session/host.js';
import type { LiveSession } from '../../session/live-session.js';
import { clearInterval, performance, setInterval } from '../../util/timers.js';
import type { CallSettings } from '../dispatcher-parts.js';
import type { Membership } from '../membership.js';
import type { Peer } from '../peer.js';
import { CallCopies } from './call-copies.js';
import { CallLedger } from './call-ledger.js';
import { idOf, isLostCalls, type LostCall } from './call-notes.js';
import { KEEP_MS, type KeptCalls } from './kept-calls.js';

const CHECK_MS = 250;
/**
 * Time for another node to say which calls it keeps; meanwhile the client waits for its new
 * session.
 */
const FIND_MS = 1_500;

/** Time for which the answers of `keptNodes` are valid. */
const ASK_AGAIN_MS = 1_000;

/** Another node, and the nodes whose calls it keeps. */
interface Keeper {
  readonly peer: Peer;
  readonly keeps: readonly string[];
}

/** The parts of `ClusterCalls`. */
export interface ClusterCallsParts extends CallSettings {
  readonly membership: Membership;
  readonly keptCalls: KeptCalls;
}

/** Notes the calls of this node on another one, and finds those of killed nodes. */
export class ClusterCalls<Data> {
  readonly #membership: Membership;
  readonly #kept: KeptCalls;
  readonly #copies: CallCopies;
  readonly #ledger: CallLedger | undefined;
  readonly #timer: NodeJS.Timeout;
  readonly #startedAt = performance.now();
  #askedAt = -Infinity;
  #asked: Promise<Keeper[]> = Promise.resolve([]);

  constructor({ membership, keptCalls, tracksCalls, reruns }: ClusterCallsParts) {
    this.#membership = membership;
    this.#kept = keptCalls;
    this.#copies = new CallCopies(membership, keptCalls);
    this.#ledger = tracksCalls ? new CallLedger(membership, reruns) : undefined;
    this.#timer = setInterval(() => {
      this.#check(performance.now());
    }, CHECK_MS).unref();
  }

  /** The number of calls of other nodes that this one keeps. */
  get kept(): number {
    return this.#kept.size;
  }

  /** Notes the calls of the session from now on. */
  track(session: LiveSession<Data>): void {
    session.calls = this.#ledger?.track(session);
    session.calls?.restore(session.formerAnswers);
  }

  /**
   * Finds the unanswered calls of a lost session, for the new session of its client. Never rejects.
   */
  async find(client: Claimant): Promise<LostCall[]> {
    const keepers = await this.#keepers();
    const elsewhere = await Promise.all(keepers.map((peer) => askOne(peer, client)));
    const lists = [this.#kept.find(client), ...elsewhere];
    return [...new Map(lists.flat().map((call) => [idOf(call), call])).values()];
  }

  /** The client has got answers to its lost calls. */
  async forget(client: Claimant): Promise<void> {
    this.#kept.forget(client);
    for (const peer of await this.#keepers()) peer.call('forgetCalls', client).catch(ignore);
  }

  /** This node leaves: sends the rest of its news, and copies the kept calls to another node. */
  close(): void {
    clearInterval(this.#timer);
    this.#copies.giveAll(performance.now());
    this.#ledger?.close();
  }

  /**
   * The nodes that keep calls of missing nodes. Asks all nodes for that, at most once a second and
   * only while a node is missing, because clients can invent claims.
   */
  async #keepers(): Promise<Peer[]> {
    const now = performance.now();
    const { nodes } = this.#membership;
    const isNew = now - this.#startedAt < KEEP_MS;
    if (!isNew && nodes.count((liveness) => liveness.isMissing(now, KEEP_MS)) === 0) return [];
    if (now - this.#askedAt >= ASK_AGAIN_MS) {
      this.#askedAt = now;
      this.#asked = this.#askAll();
    }
    const isGone = (node: string): boolean => nodes.get(node)?.liveness.isAlive(now) !== true;
    return (await this.#asked).flatMap(({ peer, keeps }) => (keeps.some(isGone) ? [peer] : []));
  }

  async #askAll(): Promise<Keeper[]> {
    await this.#membership.discovery.over();
    const { self } = this.#membership;
    const asked = this.#membership.known().map(async (peer): Promise<Keeper[]> => {
      try {
        const names = await peer.call('keptNodes', {}, FIND_MS);
        const keeps = Array.isArray(names) ? names.filter((name) => typeof name === 'string') : [];
        return [{ peer, keeps: keeps.filter((name) => name !== self) }];
      } catch {
        return [];
      }
    });
    return (await Promise.all(asked)).flat();
  }

  #check(now: number): void {
    this.#ledger?.check(now);
    this.#copies.check(now);
    const { nodes } = this.#membership;
    this.#kept.sweep(now - KEEP_MS, (node) => nodes.get(node)?.liveness.heardAt ?? -Infinity);
  }
}

async function askOne(peer: Peer, client: Claimant): Promise<readonly LostCall[]> {
  try {
    const calls = await peer.call('lostCalls', client, FIND_MS);
    return isLostCalls(calls) ? calls : [];
  } catch {
    return [];
  }
}

function ignore(): void {
  // A call that is not forgotten gets a second answer if its client comes back once more.
}
