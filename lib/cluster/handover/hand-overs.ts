// Hands the sessions of this node over to others when it shuts down.
import { McpSseError } from '../../errors.js';
import {
  exportSession,
  travellingData,
  type Save,
  type TravellingData,
} from '../../session/handover/export-session.js';
import type { HandOver } from '../../session/handover/hand-over.js';
import type { Mover } from '../../session/handover/mover.js';
import { STATE_VERSION, type SessionState } from '../../session/handover/session-state.js';
import type { LiveSession } from '../../session/live-session.js';
import type { CloseReason } from '../../session/session.js';
import { settledWithin } from '../../util/promises.js';
import { setImmediate } from '../../util/timers.js';
import { Slots } from '../../util/slots.js';
import type { Membership } from '../membership.js';
import type { Peer } from '../peer.js';
import type { Relay, Relays } from '../relay/relays.js';
import type { Offer } from '../rpc/operations.js';

/** Time for a node to take a session. If it does not answer, the session ends here. */
const ADOPT_MS = 2_000;
const OFFER_MS = 1_000;
/** Time for the other node to begin a session. Then the next hand-over gets its turn. */
const BEGIN_MS = 1_000;
/** The most sessions on their way at the same time. */
const AT_A_TIME = 32;
/** The most nodes that are asked to take one session before it ends here. */
const MAX_TRIES = 3;
/** Turns of the event loop for a relayed stream to send its queue. */
const FLUSH_TURNS = 50;

/** The parts of hand-overs. */
export interface HandOverParts<Data> {
  readonly membership: Membership;
  readonly relays: Relays;
  readonly save: Save<Data> | undefined;
  /** Runs `save` within the hooks' deadline. */
  readonly bounded: <T>(name: string, work: () => Promise<T>) => Promise<T>;
  readonly broadcastsSeen: () => Readonly<Record<string, number>>;
  /** Tells all nodes that the session is at `peer` now. */
  readonly onMoved: (session: LiveSession<Data>, peer: Peer) => void;
  readonly failed: (error: McpSseError) => void;
}

/** A node that takes sessions. */
interface Candidate {
  readonly peer: Peer;
  /** The number of its sessions, including those that this node has given it. */
  sessions: number;
}

/** The result of one attempt. `refused`: the node has refused, and this one may ask another. */
type Outcome = 'moved' | 'refused' | 'ended' | 'busy';

/**
 * Hands the sessions of this node over to others. Freezes and sends each one; the other node makes
 * it ready. Then this node tells the other to begin, and is silent for good. Without an answer in
 * time it ends the session and tells the other to drop it. So a session never has two owners.
 */
export class HandOvers<Data> implements Mover<Data> {
  readonly #parts: HandOverParts<Data>;
  readonly #slots = new Slots(AT_A_TIME);
  #candidates: Candidate[] = [];
  /** Whether it has reported data that cannot travel: once is enough. */
  #reported = false;

  constructor(parts: HandOverParts<Data>) {
    this.#parts = parts;
  }

  canMove(session: LiveSession<Data>): boolean {
    const { membership, relays } = this.#parts;
    if (membership.alive().length === 0 || !session.handshake.settings.complete) return false;
    const { resumable, undecided } = session.sender.resumeStrategy;
    // A client that cannot reconnect must already be connected to the node that takes its session.
    return resumable || undecided || relays.of(session.sender.writer) !== undefined;
  }

  async begin(): Promise<boolean> {
    const asked = this.#parts.membership.alive().map(async (peer) => {
      const answer = await peer.call('offer', { version: STATE_VERSION }, OFFER_MS);
      return { peer, sessions: sessionsOf(answer) };
    });
    const settled = await Promise.allSettled(asked);
    this.#candidates = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    return this.#candidates.length > 0;
  }

  async move(
    session: LiveSession<Data>,
    quiet: () => Promise<void>,
  ): Promise<CloseReason | undefined> {
    const { handOver } = session;
    if (!handOver) return 'shutdown';
    let data: Promise<TravellingData | undefined> | undefined;
    const dataOf = (): Promise<TravellingData | undefined> => (data ??= this.#dataOf(session));
    let refusal: McpSseError | undefined;
    const onRefused = (error: McpSseError): void => {
      refusal = error;
    };
    for (const candidate of this.#candidatesFor(session)) {
      const attempt = (): Promise<Outcome> =>
        this.#try(session, handOver, candidate, dataOf, onRefused);
      const outcome = await this.#tryUntilQuiet(candidate, handOver, quiet, attempt);
      if (outcome === 'moved') return undefined;
      if (outcome === 'ended') break;
    }
    if (!refusal) return 'shutdown';
    this.#parts.failed(refusal);
    return 'restore-failed';
  }

  async #tryUntilQuiet(
    candidate: Candidate,
    handOver: HandOver,
    quiet: () => Promise<void>,
    attempt: () => Promise<Outcome>,
  ): Promise<Outcome> {
    candidate.sessions += 1;
    for (;;) {
      if (!handOver.frozen) await quiet();
      const outcome = await this.#slots.run(attempt);
      if (outcome === 'busy') continue;
      if (outcome !== 'moved') candidate.sessions -= 1;
      return outcome;
    }
  }

  /**
   * Awaits nothing between the check for running requests and the freeze: none can start in
   * between.
   */
  async #try(
    session: LiveSession<Data>,
    handOver: HandOver,
    candidate: Candidate,
    dataOf: () => Promise<TravellingData | undefined>,
    onRefused: (error: McpSseError) => void,
  ): Promise<Outcome> {
    if (session.state === 'closed') return 'ended';
    if (!handOver.frozen && session.receiver.inFlight.unanswered.length > 0) return 'busy';
    handOver.freeze(this.#parts.broadcastsSeen());
    session.intercept = (message, frame) => handOver.take(message, frame);
    session.sender.freeze();
    // Only now: until the freeze, requests could change the data.
    const data = await dataOf();
    if (!data) return 'ended';
    const relay = await this.#flushRelay(session, candidate.peer);
    const state = exportSession(session, data, handOver.broadcastsSeen);
    const { peer } = candidate;
    try {
      const channel = relay?.channel;
      await peer.call('adopt', { version: STATE_VERSION, state, channel }, ADOPT_MS);
    } catch (thrown) {
      const error = McpSseError.from(thrown);
      this.#abort(state, peer);
      if (!REFUSALS.has(error.code)) return 'ended';
      onRefused(error);
      return 'refused';
    }
    // The application or a limit may have closed it meanwhile.
    if (isClosed(session)) {
      this.#abort(state, peer);
      return 'ended';
    }
    // Until it has begun there, this node's keeper has its calls.
    await this.#commit(session, handOver, state, peer);
    return 'moved';
  }

  /**
   * Tells the other node to begin, and ends the session here in the same turn of the event loop.
   * Resolves when the other node has begun, or may be gone.
   */
  async #commit(
    session: LiveSession<Data>,
    handOver: HandOver,
    { id, epoch }: SessionState,
    peer: Peer,
  ): Promise<void> {
    const { onMoved, failed } = this.#parts;
    const held = handOver.takeMessages();
    const messages = held.map(({ message }) => message);
    // In one request: messages that are sent there must not overtake them.
    const begun = peer.call('commit', { id, epoch, messages }).then(
      () => {
        session.calls?.ended();
        for (const { resolve } of held) resolve();
      },
      (thrown: unknown) => {
        const error = McpSseError.from(thrown);
        failed(error);
        for (const { reject } of held) reject(error);
      },
    );
    onMoved(session, peer);
    handOver.moved();
    session.leave(peer.node);
    await settledWithin(begun, BEGIN_MS);
  }

  #abort({ id, epoch }: SessionState, peer: Peer): void {
    peer.call('abort', { id, epoch }).catch(ignore);
  }

  /**
   * Sends the queue for a client that is connected to that node: it must arrive before the state of
   * the session. Undefined if the session has no such stream.
   */
  async #flushRelay(session: LiveSession<Data>, peer: Peer): Promise<Relay | undefined> {
    const { writer } = session.sender;
    const relay = this.#parts.relays.of(writer);
    if (!writer || relay?.node !== peer.node) return undefined;
    relay.response.openWindow();
    for (let turn = 0; writer.bufferedBytes > 0 && !writer.closed; turn += 1) {
      // Too slow: the client will have to reconnect.
      if (turn >= FLUSH_TURNS) return undefined;
      await new Promise((resolve) => setImmediate(resolve));
    }
    return writer.closed ? undefined : relay;
  }

  async #dataOf(session: LiveSession<Data>): Promise<TravellingData | undefined> {
    const { save, bounded, failed } = this.#parts;
    try {
      if (!save) return await travellingData(session, undefined);
      return await bounded('resume.save()', () => travellingData(session, save));
    } catch (thrown) {
      if (!this.#reported) failed(McpSseError.from(thrown, 'hook-failed'));
      this.#reported = true;
      return undefined;
    }
  }

  /** The node at which the client is connected, then those with the fewest sessions. */
  *#candidatesFor(session: LiveSession<Data>): Generator<Candidate> {
    const asked = new Set<Candidate>();
    const node = this.#parts.relays.of(session.sender.writer)?.node;
    const { resumable, undecided } = session.sender.resumeStrategy;
    const near = this.#candidates.find(({ peer }) => peer.node === node);
    if (near) {
      asked.add(near);
      yield near;
    }
    if (!resumable && !undecided) return;
    while (asked.size < MAX_TRIES) {
      const left = this.#candidates.filter((one) => !asked.has(one) && !one.peer.isMissing);
      const [next] = left.sort((one, other) => one.sessions - other.sessions);
      if (!next) return;
      asked.add(next);
      yield next;
    }
  }
}

/** Refusals by a node that has certainly not begun the session. */
const REFUSALS: ReadonlySet<string> = new Set([
  'internal',
  'invalid-message',
  'session-not-found',
  'shutting-down',
  'not-serializable',
  'message-too-large',
]);

function sessionsOf(answer: unknown): number {
  const { sessions } = (answer ?? {}) as Partial<Offer>;
  return typeof sessions === 'number' ? sessions : 0;
}

function isClosed({ state }: { readonly state: string }): boolean {
  return state === 'closed';
}

function ignore(): void {
  // Without a commit, the other node drops the session by itself.
}
