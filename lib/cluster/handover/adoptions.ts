// Takes over sessions of other nodes.
import { McpSseError } from '../../errors.js';
import type { SessionRestorer } from '../../session/handover/session-restorer.js';
import { parseSessionState, STATE_VERSION } from '../../session/handover/session-state.js';
import type { LiveSession } from '../../session/live-session.js';
import { sessionNotFound } from '../../session/session-not-found.js';
import type { SessionRegistry } from '../../session/registry.js';
import { clearTimeout, setTimeout } from '../../util/timers.js';
import type { Peer } from '../peer.js';
import type { Offer, Operations } from '../rpc/operations.js';

/** A ready session is dropped after this time, unless its former node tells it to begin. */
const COMMIT_MS = 5_000;
/** The most sessions that are made ready at the same time. */
const MAX_ADOPTIONS = 512;

interface Adoption<Data> {
  readonly epoch: number;
  readonly peer: Peer;
  readonly channel: string | undefined;
  /** Releases the requests that wait for the session. */
  readonly arrived: () => void;
  /** Set once it is ready. */
  session: LiveSession<Data> | undefined;
  timer: NodeJS.Timeout | undefined;
  /** The former node has withdrawn it. */
  aborted: boolean;
}

/** The parts of adoptions. */
export interface AdoptionParts<Data> {
  readonly sessions: SessionRegistry<Data>;
  readonly restorer: SessionRestorer<Data>;
  /** A session has come here from `peer`. */
  readonly onAdopted: (session: LiveSession<Data>, peer: Peer) => void;
}

/**
 * Takes over sessions of other nodes. Makes each one ready first, and begins it when its former
 * node says so; from then on the former node is silent. Without this word in time, it drops the
 * session before any client has seen it.
 */
export class Adoptions<Data> {
  readonly #parts: AdoptionParts<Data>;
  readonly #adoptions = new Map<string, Adoption<Data>>();

  constructor(parts: AdoptionParts<Data>) {
    this.#parts = parts;
  }

  /** @throws McpSseError if this node takes no sessions over */
  offer({ version }: Operations['offer']): Offer {
    checkVersion(version);
    this.#parts.restorer.checkWillingness();
    return { sessions: this.#parts.sessions.size };
  }

  /** @throws McpSseError (as a rejection) as `SessionRestorer.restore` */
  async adopt({ version, state, channel }: Operations['adopt'], peer: Peer): Promise<void> {
    checkVersion(version);
    const parsed = parseSessionState(state);
    const { id, epoch } = parsed;
    if (this.#adoptions.has(id) || this.#adoptions.size >= MAX_ADOPTIONS) {
      throw new McpSseError(
        'internal',
        'this node is already taking over the session, or too many others',
      );
    }
    const { sessions, restorer } = this.#parts;
    const arrived = sessions.arrivals.add(parsed);
    const adoption: Adoption<Data> = {
      epoch,
      peer,
      channel,
      arrived,
      session: undefined,
      timer: undefined,
      aborted: false,
    };
    this.#adoptions.set(id, adoption);
    try {
      adoption.session = await restorer.restore(parsed);
    } catch (error) {
      this.#forget(id, adoption);
      throw error;
    }
    // The former node may have given up meanwhile.
    if (adoption.aborted) {
      this.#drop(id, adoption);
      throw new McpSseError('request-cancelled', 'the former node has withdrawn the session');
    }
    adoption.timer = setTimeout(() => {
      this.#drop(id, adoption);
    }, COMMIT_MS).unref();
  }

  /**
   * Begins the session. Resolves when it has its messages, and another node knows which answers its
   * client may not have read: then the former node forgets them.
   *
   * @throws McpSseError `session-not-found` if it is not ready; (as a rejection) as `Session.send`
   */
  commit({ id, epoch, messages }: Operations['commit'], peer: Peer): Promise<unknown> {
    const adoption = this.#of(id, epoch, peer);
    const session = adoption?.session;
    if (!adoption || !session) throw sessionNotFound();
    const { channel } = adoption;
    const stream = channel === undefined ? undefined : peer.imported.get(channel);
    this.#parts.restorer.begin(session, stream?.takeOver());
    this.#parts.onAdopted(session, peer);
    const sent = Promise.all(messages.map((message) => session.send(message)));
    // Requests that wait for the session come after its messages.
    this.#forget(id, adoption);
    return Promise.all([sent, session.calls?.told()]);
  }

  abort({ id, epoch }: Operations['abort'], peer: Peer): void {
    const adoption = this.#of(id, epoch, peer);
    if (!adoption) return;
    adoption.aborted = true;
    if (adoption.session) this.#drop(id, adoption);
  }

  /** This node leaves: it adopts no more sessions. */
  giveUp(): void {
    for (const [id, adoption] of this.#adoptions) {
      adoption.aborted = true;
      if (adoption.session) this.#drop(id, adoption);
    }
  }

  #of(id: string, epoch: number, peer: Peer): Adoption<Data> | undefined {
    const adoption = this.#adoptions.get(id);
    return adoption?.epoch === epoch && adoption.peer === peer ? adoption : undefined;
  }

  #drop(id: string, adoption: Adoption<Data>): void {
    // It was never opened here, so it is not reported as closed either.
    adoption.session?.close('shutdown');
    this.#forget(id, adoption);
  }

  #forget(id: string, adoption: Adoption<Data>): void {
    clearTimeout(adoption.timer);
    this.#adoptions.delete(id);
    adoption.arrived();
  }
}

function checkVersion(version: number): void {
  if (version === STATE_VERSION) return;
  throw new McpSseError(
    'invalid-message',
    'sessions cannot move between nodes that run different versions of express-mcp-sse',
  );
}
