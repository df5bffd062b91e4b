// The SDK's transport to an upstream with a URL, with the caller's headers and within bounds.
import {
  StreamableHTTPClientTransport,
  type JSONRPCMessage,
  type ReconnectionScheduler,
  type RequestId,
} from '@modelcontextprotocol/client';

import { MAX_DELAY_MS, settledWithin } from '../util/promises.js';
import { clearTimeout, setImmediate, setTimeout } from '../util/timers.js';
import { refusalOf, type RefusedToken } from './authorization.js';
import { bounded, isEventStream } from './bounded-response.js';
import type { HeaderRecord } from './forwarded-headers.js';
import { failureOf, HopError, hopErrorOf, saysUnknownSession } from './hop-error.js';
import type { BridgeSettings } from './options.js';
import type { SessionReport } from './statistics.js';

/** Milliseconds for which the first messages wait for the upstream's stream. */
const STREAM_MS = 2_000;
/** The least pause, in milliseconds, before a stream is opened again: the upstream may name one. */
const LEAST_PAUSE_MS = 100;

/**
 * Marks the caller's headers of one message on their way through the SDK's transport, which would
 * overwrite some of them, above all `Authorization`. No header of this name leaves the process.
 */
const MARK = 'x-bridge-message';
const MARKED = `${MARK}-`;
/** Carries the number of a request to `fetch`, in the same way. */
const REQUEST = 'x-bridge-request';

/** The headers of one message, in the form in which the transport takes them. */
export function markHeaders(headers: HeaderRecord): HeaderRecord {
  const marked: Record<string, string> = { [MARK]: '1' };
  for (const [name, value] of Object.entries(headers)) marked[MARKED + name] = value;
  return marked;
}

/** What the transport is told of its session. */
interface HttpSession {
  readonly settings: BridgeSettings;
  readonly report: SessionReport;
  /**
   * The caller's headers for requests that no message causes: the stream, and the DELETE at the end.
   */
  readonly latest: () => HeaderRecord;
  readonly refusedToken: RefusedToken;
}

/**
 * The SDK's transport, with two additions: its timers all end with it, and it says when no answer
 * can come any more.
 */
export class HttpTransport extends StreamableHTTPClientTransport {
  readonly #timers: Set<NodeJS.Timeout>;
  /** Requests whose sender does not ask to be told when their stream ends. */
  readonly #unanswered = new Set<RequestId>();
  readonly #streams: Streams;
  readonly #sending = new Set<Promise<void>>();
  #count = 0;

  constructor(url: URL, session: HttpSession) {
    const timers = new Set<NodeJS.Timeout>();
    const streams: Streams = { opening: undefined, wereOpened: false, bodies: new Set() };
    super(url, {
      fetch: fetchFor(session, streams),
      reconnectionScheduler: schedulerFor(timers),
      // Until the session ends. The delay bounds the rate, and 405 and 404 end it.
      reconnectionOptions: {
        initialReconnectionDelay: 1_000,
        maxReconnectionDelay: 30_000,
        reconnectionDelayGrowFactor: 2,
        maxRetries: Infinity,
      },
    });
    this.#timers = timers;
    this.#streams = streams;
  }

  /**
   * Resolves when the upstream has answered the GET that follows the handshake, if there is one, or
   * after a while. Most servers would lose what they have to say before that.
   */
  async streamOpened(): Promise<void> {
    // The transport begins it when it has been given the answer to its POST.
    await new Promise((resolve) => setImmediate(resolve));
    const { opening } = this.#streams;
    if (opening) await settledWithin(opening, STREAM_MS);
  }

  /**
   * Tells the sender of a request when no answer can come any more: the SDK does that for a stream,
   * and not for a body that had no answer in it.
   */
  override async send(message: JSONRPCMessage, options?: SendOptions): Promise<void> {
    if (!('method' in message && 'id' in message)) return super.send(message, options);
    const ended = options?.onRequestStreamEnd ?? this.#answered(message.id, options?.requestSignal);
    const number = String((this.#count += 1));
    const headers = { ...options?.headers, [REQUEST]: number };
    const { bodies } = this.#streams;
    const sending = super.send(message, { ...options, headers, onRequestStreamEnd: ended });
    this.#sending.add(sending);
    try {
      await sending;
      if (bodies.has(number)) ended();
    } finally {
      this.#sending.delete(sending);
      bodies.delete(number);
    }
  }

  /**
   * The SDK's client does not ask to be told, and would wait until the deadline. So it gets an error
   * by the function that is returned.
   */
  #answered(id: RequestId, signal: AbortSignal | undefined): () => void {
    this.#unanswered.add(id);
    const forget = (): void => {
      this.#unanswered.delete(id);
    };
    signal?.addEventListener('abort', forget, { once: true });
    return () => {
      if (!this.#unanswered.delete(id)) return;
      const text = 'The upstream ended the stream before its answer';
      const { error } = failureOf(id, new HopError('closed', text));
      this.onmessage?.({ jsonrpc: '2.0', id, error });
    };
  }

  /** Resolves when each request that was sent until now is taken or refused. */
  sent(): Promise<unknown> {
    return Promise.allSettled(this.#sending);
  }

  /** Notes what arrives, for a client that sets its own `onmessage` behind this one. */
  readonly noteAnswer = (message: JSONRPCMessage): void => {
    if (!('method' in message) && message.id !== undefined) this.#unanswered.delete(message.id);
  };

  override async close(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    await super.close();
  }
}

/**
 * Keeps track of all timers, and lets none keep the process alive; the transport knows only its
 * last one.
 */
function schedulerFor(timers: Set<NodeJS.Timeout>): ReconnectionScheduler {
  return (reconnect, delay) => {
    // A timer with a longer delay than the most fires at once.
    const pause = Math.min(Math.max(delay, LEAST_PAUSE_MS), MAX_DELAY_MS);
    const timer = setTimeout(() => {
      timers.delete(timer);
      reconnect();
    }, pause).unref();
    timers.add(timer);
    return () => {
      timers.delete(timer);
      clearTimeout(timer);
    };
  };
}

type SendOptions = Parameters<StreamableHTTPClientTransport['send']>[1];
type Fetch = (url: string | URL, init?: RequestInit) => Promise<Response>;

interface Streams {
  /** The GET that is under way. */
  opening: Promise<unknown> | undefined;
  /** There was one. */
  wereOpened: boolean;
  /** Numbers of requests whose answer is a body that is read as a whole. */
  readonly bodies: Set<string>;
}

/** [spec] 405 says that there is no stream. Where only POST has a route, it is one of the others. */
const NO_STREAM: ReadonlySet<number> = new Set([400, 404, 405, 406, 415, 501]);

function fetchFor(
  { settings, report, latest, refusedToken }: HttpSession,
  streams: Streams,
): Fetch {
  const { maxMessageBytes, headers: own } = settings;
  return async (url, init = {}) => {
    const headers = new Headers(init.headers);
    const number = headers.get(REQUEST);
    headers.delete(REQUEST);
    callersHeaders(headers, latest);
    for (const [name, value] of Object.entries(own)) headers.set(name, value);
    const answer = (settings.fetch ?? fetch)(url, { ...init, headers });
    if (init.method === 'GET') streams.opening = answer;
    const response = await answer.catch((error: unknown) => {
      // The transport opens a stream again by itself.
      if (hopErrorOf(error).reason === 'unreachable') report.unreachable(streams.wereOpened);
      throw error;
    });
    if (response.ok) report.reached();
    if (response.status === 401 || response.status === 403) {
      await response.body?.cancel();
      const error = refusalOf(response, settings);
      refusedToken.note(headers.get('authorization') ?? undefined, error);
      throw error;
    }
    if (init.method === 'GET') {
      streams.wereOpened ||= response.ok;
      const isFirst = !streams.wereOpened && !headers.has('last-event-id');
      if (isFirst && NO_STREAM.has(response.status)) {
        await response.body?.cancel();
        return new Response(null, { status: 405 });
      }
      // The transport does not show what such an answer says.
      if (response.status === 400) {
        const text = await bounded(response, maxMessageBytes).text();
        return new Response(null, { status: saysUnknownSession(text) ? 404 : 400 });
      }
    }
    // [spec] 202 is no answer to a request; some servers answer on their stream.
    const isBody = response.status !== 202 && !isEventStream(response);
    if (number !== null && isBody) streams.bodies.add(number);
    return bounded(response, maxMessageBytes);
  };
}

/** Puts the caller's headers in the place of the marked ones. */
function callersHeaders(headers: Headers, latest: () => HeaderRecord): void {
  if (!headers.has(MARK)) {
    for (const [name, value] of Object.entries(latest())) headers.set(name, value);
    return;
  }
  headers.delete(MARK);
  for (const [name, value] of [...headers]) {
    if (!name.startsWith(MARKED)) continue;
    headers.delete(name);
    headers.set(name.slice(MARKED.length), value);
  }
}
