import type { Session } from '../index.js';
import { shortId } from '../util/guards.js';

/** A session as the page shows it. Times are on the clock of `Date.now()`. */
export interface Row {
  /** Names the session to this dashboard: the real id is good for posting to it. */
  readonly key: number;
  readonly id: string;
  readonly client: string;
  readonly version: string;
  readonly principal: string;
  readonly protocol: string;
  readonly state: string;
  readonly opened: number;
  readonly active: number;
  readonly in: number;
  readonly out: number;
  readonly inFlight: number;
  readonly buffered: number;
}

export const ORDERS = ['newest', 'active', 'busiest', 'buffered'] as const;

/** Which sessions a page wants to see, and in which order. */
export interface View {
  readonly filter: string;
  readonly order: (typeof ORDERS)[number];
}

/** By which the largest come first; `newest` is the order of the registry, backwards. */
const MEASURES: Record<Exclude<View['order'], 'newest'>, (session: Session) => number> = {
  active: ({ lastActiveAt }) => lastActiveAt.getTime(),
  busiest: ({ messagesIn, messagesOut }) => messagesIn + messagesOut,
  buffered: ({ bufferedBytes }) => bufferedBytes,
};

/** Clients choose their names, and how long they are. */
const TEXT_LENGTH = 80;

/** Which sessions there are: in whole, or as the page of one viewer wants to see them. */
export class SessionTable {
  readonly #sessions: Iterable<Session>;
  readonly #keys = new WeakMap<Session, number>();
  #lastKey = 0;

  constructor(sessions: Iterable<Session>) {
    this.#sessions = sessions;
  }

  /** The first `limit` rows of a view, and how many there are in all of it. */
  list({ filter, order }: View, limit: number): { rows: Row[]; matching: number } {
    const all = [...this.#sessions].reverse();
    const wanted = filter.toLowerCase();
    const matching = wanted === '' ? all : all.filter((session) => matches(session, wanted));
    const found = order === 'newest' ? matching : largestFirst(matching, MEASURES[order]);
    return {
      rows: found.slice(0, limit).map((session) => this.row(session)),
      matching: found.length,
    };
  }

  find(key: number): Session | undefined {
    for (const session of this.#sessions) if (this.#keys.get(session) === key) return session;
    return undefined;
  }

  /** A session that has closed has a row too. */
  row(session: Session): Row {
    const { clientInfo, principal, protocolVersion } = session;
    return {
      key: this.keyOf(session),
      id: shortId(session.id),
      client: short(clientInfo?.title ?? clientInfo?.name),
      version: short(clientInfo?.version),
      principal: short(principal),
      protocol: short(protocolVersion),
      state: session.state,
      opened: session.openedAt.getTime(),
      active: session.lastActiveAt.getTime(),
      in: session.messagesIn,
      out: session.messagesOut,
      inFlight: session.inFlight,
      buffered: session.bufferedBytes,
    };
  }

  keyOf(session: Session): number {
    let key = this.#keys.get(session);
    if (key === undefined) this.#keys.set(session, (key = ++this.#lastKey));
    return key;
  }
}

export function short(text: unknown): string {
  if (typeof text !== 'string') return '';
  if (text.length <= TEXT_LENGTH) return text;
  // [node] A slice of a string keeps the whole of it in memory; this copy does not.
  return `${Buffer.from(text.slice(0, TEXT_LENGTH)).toString()}…`;
}

function matches(session: Session, wanted: string): boolean {
  const { id, state, principal, clientInfo } = session;
  if (id.toLowerCase().startsWith(wanted)) return true;
  const texts = [state, principal, clientInfo?.title, clientInfo?.name, clientInfo?.version];
  return texts.some((text) => short(text).toLowerCase().includes(wanted));
}

/** Each is measured once. What is equal stays in the order of age. */
function largestFirst(sessions: Session[], measure: (session: Session) => number): Session[] {
  return sessions
    .map((session) => ({ session, size: measure(session) }))
    .sort((a, b) => b.size - a.size)
    .map(({ session }) => session);
}
