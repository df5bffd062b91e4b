// The sessions as rows.
import type { Session } from '../index.js';
import { shortId } from '../util/guards.js';
import { excerptOf } from './excerpt.js';
import { Upstreams, type UpstreamTexts } from './upstreams.js';

/** A session as the page shows it. Times are on the clock of `Date.now()`. */
export interface Row extends UpstreamTexts {
  /** The session's key on this dashboard: with the real id one could post to it. */
  readonly key: number;
  readonly id: string;
  readonly client: string;
  readonly version: string;
  readonly principal: string;
  readonly protocol: string;
  readonly state: 'connected' | 'detached' | 'closed';
  readonly opened: number;
  readonly active: number;
  readonly in: number;
  readonly out: number;
  readonly inFlight: number;
  readonly buffered: number;
}

/** A session that has closed, as the page shows it. */
export interface ClosedRow extends Row {
  readonly at: number;
  readonly reason: string;
}

type Texts = UpstreamTexts &
  Pick<Row, 'id' | 'client' | 'version' | 'principal' | 'protocol' | 'state'>;

type Column =
  | 'client'
  | 'state'
  | 'upstream'
  | 'session'
  | 'age'
  | 'idle'
  | 'inFlight'
  | 'in'
  | 'out'
  | 'buffered';

type Measure = (session: Session, texts: (session: Session) => Texts) => string | number;

/** What each column sorts by: what it shows. Sessions come in the order of their age anyway. */
const MEASURES: Readonly<Record<Exclude<Column, 'age'>, Measure>> = {
  client: (session, texts) => clientOf(texts(session)),
  state: stateOf,
  upstream: (session, texts) => upstreamOf(texts(session)),
  session: ({ id }) => shortId(id),
  idle: ({ lastActiveAt }) => -lastActiveAt.getTime(),
  inFlight: ({ inFlight }) => inFlight,
  in: ({ messagesIn }) => messagesIn,
  out: ({ messagesOut }) => messagesOut,
  buffered: ({ bufferedBytes }) => bufferedBytes,
};

/** Which sessions a page wants to see, and in which order. */
export interface View {
  readonly filter: string;
  readonly sort: Column;
  readonly descending: boolean;
}

/** The newest sessions first. */
const DEFAULT_ORDER: Omit<View, 'filter'> = { sort: 'age', descending: false };

/** The sessions of a router: in whole, or as the page of one viewer wants to see them. */
export class SessionTable {
  readonly #sessions: Iterable<Session>;
  readonly #upstreams: Upstreams;
  readonly #keys = new WeakMap<Session, number>();
  #lastKey = 0;

  constructor(sessions: Iterable<Session>, upstreams: Upstreams = new Upstreams()) {
    this.#sessions = sessions;
    this.#upstreams = upstreams;
  }

  /** The first `limit` rows of a view, and how many there are in all of it. */
  list({ filter, sort, descending }: View, limit: number): { rows: Row[]; matching: number } {
    const newestFirst = [...this.#sessions].reverse();
    const wanted = filter.toLowerCase();
    const matching =
      wanted === '' ? newestFirst : newestFirst.filter((session) => this.#matches(session, wanted));
    const found = this.#sorted(matching, sort, descending);
    return {
      rows: found.slice(0, limit).map((session) => this.row(session)),
      matching: found.length,
    };
  }

  find(key: number): Session | undefined {
    for (const session of this.#sessions) if (this.#keys.get(session) === key) return session;
    return undefined;
  }

  /** The row of a session, open or closed. */
  row(session: Session): Row {
    return {
      key: this.keyOf(session),
      ...this.#textsOf(session),
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

  /** All texts of a session that the page shows, cut off as it shows them. */
  #textsOf(session: Session): Texts {
    const { clientInfo, principal, protocolVersion } = session;
    return {
      id: shortId(session.id),
      client: excerptOf(clientInfo?.title ?? clientInfo?.name),
      version: excerptOf(clientInfo?.version),
      principal: excerptOf(principal),
      protocol: excerptOf(protocolVersion),
      state: stateOf(session),
      ...this.#upstreams.of(session),
    };
  }

  /**
   * Searches only what is shown. Otherwise a viewer could guess the rest of a session id, character
   * by character, by what the filter finds.
   */
  #matches(session: Session, wanted: string): boolean {
    const texts = this.#textsOf(session);
    const { id, principal, protocol, state } = texts;
    const version = protocol && `protocol ${protocol}`;
    return [id, clientOf(texts), principal, version, state, upstreamOf(texts)].some((text) =>
      text.toLowerCase().includes(wanted),
    );
  }

  /** Measures each session once. Equal ones stay in their order. */
  #sorted(newestFirst: Session[], sort: Column, descending: boolean): Session[] {
    if (sort === 'age') return descending ? newestFirst.reverse() : newestFirst;
    const measure = MEASURES[sort];
    const textsOf = this.#textsOf.bind(this);
    const direction = descending ? -1 : 1;
    return newestFirst
      .map((session) => {
        const value = measure(session, textsOf);
        return { session, value: typeof value === 'string' ? value.toLowerCase() : value };
      })
      .sort((a, b) => (a.value < b.value ? -direction : a.value > b.value ? direction : 0))
      .map(({ session }) => session);
  }
}

/** Reads `-idle` as "by `idle`, descending"; the newest first if the text makes no sense. */
export function parseSort(text: string): Omit<View, 'filter'> {
  const descending = text.startsWith('-');
  const name = descending ? text.slice(1) : text;
  return isColumn(name) ? { sort: name, descending } : DEFAULT_ORDER;
}

const isColumn = (name: string): name is Column => name === 'age' || Object.hasOwn(MEASURES, name);

/** The page says `connected` for `open`, because a detached session is open too. */
function stateOf({ state }: Session): Row['state'] {
  return state === 'open' ? 'connected' : state;
}

const clientOf = ({ client, version }: Texts): string => `${client} ${version}`.trim();

const upstreamOf = ({ upstream, upstreamState }: Texts): string =>
  `${upstream} ${upstreamState}`.trim();
