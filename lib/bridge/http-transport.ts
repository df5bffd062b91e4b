// The SDK's transport to an upstream with a URL, with the caller's headers and within bounds.
import {
  StreamableHTTPClientTransport,
  type JSONRPCMessage,
  type ReconnectionScheduler,
  type RequestId,
} from '@modelcontextprotocol/client';

import { MAX_DELAY_MS, settledWithin } from '../util/promises.js';
import { clearTimeout, setTimeout } from '../util/timers.js';
import { refusalOf, type RefusedToken } from './authorization.js';
import { bounded, isEventStream } from './bounded-response.js';
import { pickHeaders, type HeaderRecord } from './forwarded-headers.js';
import { failureOf, HopError, hopErrorOf, isOfCaller, saysUnknownSession } from './hop-error.js';
import { isInitialized } from './messages.js';
import type { BridgeSettings } from './options.js';
import type { Renewal } from './renewal.js';
import type { SessionReport } from './statistics.js';

/** Milliseconds that the first messages wait for the upstream's stream. */
const STREAM_MS = 2_000;
/**
 * The shortest pause, in milliseconds, before a stream reopens, whatever `retry` the upstream
 * sends.
 */
const LEAST_PAUSE_MS = 100;
/** Milliseconds between attempts to open the first stream; the pause doubles each time. */
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 30_000;

/**
 * Marks the caller's headers of one message on their way through the SDK's transport, which would
 * overwrite some of them, above all `Authorization`. No header of this name leaves the process.
 */
const MARK = 'x-bridge-message';
const MARKED = `${MARK}-`;
/** Carries the number of a request to `fetch` in the same way, or `INITIALIZED`. */
const REQUEST = 'x-bridge-request';
const INITIALIZED = 'initialized';
/** [spec] The request of 2026-07-28 whose answer is a stream of changes. */
const LISTEN = 'subscriptions/listen';

/** Marks the headers of one message for their way through the SDK's transport. */
export function markHeaders(headers: HeaderRecord): HeaderRecord {
  const marked: Record<string, string> = { [MARK]: '1' };
  for (const [name, value] of Object.entries(headers)) marked[MARKED + name] = value;
  return marked;
}

/** What the transport needs of its session. */
export interface HttpSession {
  readonly settings: BridgeSettings;
  readonly report: SessionReport;
  /** The caller's headers for requests without a message: the stream's GET, the final DELETE. */
  readonly latest: () => HeaderRecord;
  readonly refusedToken: RefusedToken;
  readonly renewal: Renewal;
}

/**
 * The SDK's transport, with three additions: its timers all end with it, it reports when no answer
 * can come any more, and it retries a stream that the upstream refuses temporarily.
 */
export class HttpTransport extends StreamableHTTPClientTransport {
  readonly #timers: Timers;
  readonly #schedule: ReconnectionScheduler;
  readonly #report: SessionReport;
  /** Open requests whose sender set no `onRequestStreamEnd`. */
  readonly #unanswered = new Set<RequestId>();
  readonly #streams: Streams;
  readonly #sending = new Set<Promise<void>>();
  /** The GET that follows the handshake. */
  #opening: Promise<void> | undefined;
  /** The upstream has refused that GET to this caller. */
  #isRefused = false;
  readonly #unregister: () => void;
  #isClosed = false;
  #count = 0;

  constructor(url: URL, session: HttpSession) {
    const timers: Timers = new Map();
    const schedule = schedulerFor(timers);
    const streams: Streams = { wereOpened: false, areTried: false, bodies: new Set() };
    super(url, {
      fetch: fetchFor(session, streams),
      reconnectionScheduler: schedule,
      // Retries until the session ends, or a 404 or 405 comes. The delay bounds the rate.
      reconnectionOptions: {
        initialReconnectionDelay: 1_000,
        maxReconnectionDelay: 30_000,
        reconnectionDelayGrowFactor: 2,
        maxRetries: Infinity,
      },
    });
    this.#timers = timers;
    this.#schedule = schedule;
    this.#report = session.report;
    this.#streams = streams;
    this.#unregister = session.renewal.register(this.#renew.bind(this));
  }

  /**
   * Resolves when the upstream has answered the GET that follows the handshake, or after
   * `STREAM_MS`. Most servers lose messages that they send before that.
   */
  async streamOpened(): Promise<void> {
    if (this.#opening) await settledWithin(this.#opening, STREAM_MS);
  }

  /**
   * Calls `onRequestStreamEnd` when no answer can come any more: the SDK does that for a stream,
   * but not for a body without the answer.
   */
  override async send(message: JSONRPCMessage, options?: SendOptions): Promise<void> {
    if (isInitialized(message)) return this.#initialized(message, options);
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

  /** Ends the handshake, then opens the upstream's stream. */
  async #initialized(message: JSONRPCMessage, options: SendOptions): Promise<void> {
    const headers = { ...options?.headers, [REQUEST]: INITIALIZED };
    await super.send(message, { ...options, headers });
    if (!this.#isClosed && !this.#streams.areTried) this.#listen(0);
  }

  /**
   * Opens the stream for messages that answer no request. Once it was open, the SDK reopens it
   * whenever it ends; before that, the SDK would give up silently at the first refusal.
   */
  #listen(attempt: number): void {
    this.#streams.areTried = true;
    // Without an event id the stream begins now and replays nothing.
    this.#opening = this.resumeStream('').catch((thrown: unknown) => {
      if (this.#isClosed) return;
      const error = hopErrorOf(thrown);
      if (attempt === 0) this.#report.failed(error);
      if (isForNow(error)) {
        const pause = Math.min(FIRST_PAUSE_MS * 2 ** attempt, LONGEST_PAUSE_MS);
        this.#schedule(this.#listen.bind(this, attempt + 1), pause, attempt);
      } else {
        this.#streams.areTried = false;
        this.#isRefused = isOfCaller(error.status);
      }
    });
  }

  /** Opens all streams now that were refused, or that wait for their next attempt. */
  #renew(): void {
    for (const [timer, run] of [...this.#timers]) {
      clearTimeout(timer);
      run();
    }
    if (this.#isRefused) this.#listen(1);
    this.#isRefused = false;
  }

  /**
   * Returns a function that answers the request with an error. The SDK's client sets no
   * `onRequestStreamEnd`, and would wait until its deadline.
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

  /** Resolves when the upstream has taken or refused each request sent so far. */
  sent(): Promise<unknown> {
    return Promise.allSettled(this.#sending);
  }

  /**
   * Notes which requests have their answer, for a client that adds its own `onmessage` to this one.
   */
  readonly noteAnswer = (message: JSONRPCMessage): void => {
    if (!('method' in message) && message.id !== undefined) this.#unanswered.delete(message.id);
  };

  override async close(): Promise<void> {
    this.#isClosed = true;
    this.#unregister();
    for (const timer of this.#timers.keys()) clearTimeout(timer);
    this.#timers.clear();
    await super.close();
  }
}

/**
 * Collects all timers, because the transport knows only its last one. None keeps the process alive.
 */
function schedulerFor(timers: Timers): ReconnectionScheduler {
  return (reconnect, delay) => {
    // A timer with a delay above the maximum fires at once.
    const pause = Math.min(Math.max(delay, LEAST_PAUSE_MS), MAX_DELAY_MS);
    const run = (): void => {
      timers.delete(timer);
      reconnect();
    };
    const timer = setTimeout(run, pause).unref();
    timers.set(timer, run);
    return () => {
      timers.delete(timer);
      clearTimeout(timer);
    };
  };
}

type SendOptions = Parameters<StreamableHTTPClientTransport['send']>[1];
type Fetch = (url: string | URL, init?: RequestInit) => Promise<Response>;

/** What is to run when, or before, the timers fire. */
type Timers = Map<NodeJS.Timeout, () => void>;

interface Streams {
  /** Whether a stream was ever open. */
  wereOpened: boolean;
  /** Whether a stream is open, or is retried until it is. */
  areTried: boolean;
  /** Numbers of requests that the upstream answers with a body, not a stream. */
  readonly bodies: Set<string>;
}

/** [spec] 405 says that there is no stream. Servers that route only POST send one of the others. */
const NO_STREAM: ReadonlySet<number> = new Set([400, 404, 405, 406, 415, 501]);
/** Statuses of temporary refusals, besides those from 500. */
const FOR_NOW: ReadonlySet<number> = new Set([408, 409, 425, 429]);

/** Whether to try the stream again: the connection failed, or the status is a temporary one. */
const isForNow = ({ status }: HopError): boolean =>
  status === undefined || status >= 500 || FOR_NOW.has(status);

/** [spec] The answer to a GET is a stream. Some servers send a page; some leave the type out. */
const isOtherContent = (response: Response): boolean =>
  response.ok && response.headers.has('content-type') && !isEventStream(response);

function fetchFor(
  { settings, report, latest, refusedToken, renewal }: HttpSession,
  streams: Streams,
): Fetch {
  const { maxMessageBytes, headers: own, forwardHeaders } = settings;
  return async (url, init = {}) => {
    const headers = new Headers(init.headers);
    const number = headers.get(REQUEST);
    headers.delete(REQUEST);
    callersHeaders(headers, latest);
    for (const [name, value] of Object.entries(own)) headers.set(name, value);
    const answer = (settings.fetch ?? fetch)(url, { ...init, headers });
    const response = await answer.catch((error: unknown) => {
      if (hopErrorOf(error).reason === 'unreachable') report.unreachable(streams.areTried);
      throw error;
    });
    if (response.ok) report.reached();
    const caller = pickHeaders(forwardHeaders, Object.fromEntries(headers));
    const isStream = init.method === 'GET' || headers.get('mcp-method') === LISTEN;
    if (response.ok && isStream) renewal.opened();
    else if (response.ok) renewal.accepted(caller);
    if (isOfCaller(response.status)) {
      await response.body?.cancel();
      const error = refusalOf(response, settings);
      refusedToken.note(headers.get('authorization') ?? undefined, error);
      // The SDK tells nobody of a stream that it cannot reopen.
      if (isStream && renewal.refused(caller) && streams.wereOpened) report.failed(error);
      throw error;
    }
    if (init.method === 'GET') {
      const isOther = isOtherContent(response);
      const isFirst = !streams.wereOpened && !headers.has('last-event-id');
      streams.wereOpened ||= response.ok && !isOther;
      if (isFirst && (NO_STREAM.has(response.status) || isOther)) {
        await response.body?.cancel();
        streams.areTried = false;
        return new Response(null, { status: 405 });
      }
      if (response.status === 405) streams.areTried = false;
      // The transport's error does not contain the body of a 400.
      if (response.status === 400) {
        const text = await bounded(response, maxMessageBytes).text();
        return new Response(null, { status: saysUnknownSession(text) ? 404 : 400 });
      }
    }
    if (number === INITIALIZED && response.ok) {
      await response.body?.cancel();
      // After a 202 the SDK would open a stream, but try only once; after a 204 it opens none.
      return new Response(null, { status: 204 });
    }
    if (number !== null && response.ok) await checkAnswer(number, response, streams);
    return bounded(response, maxMessageBytes);
  };
}

/**
 * [spec] The answer to a request is JSON or a stream. Some servers send 202, and answer on the
 * stream of the GET.
 *
 * @throws HopError (as a rejection) if no answer can come
 */
async function checkAnswer(number: string, response: Response, streams: Streams): Promise<void> {
  if (response.status !== 202) {
    if (!isEventStream(response)) streams.bodies.add(number);
    return;
  }
  if (streams.areTried) return;
  await response.body?.cancel();
  const text =
    'The upstream took the request with HTTP status 202, and has no stream for the answer';
  throw new HopError('invalid-answer', text);
}

/** Replaces the marked headers by the caller's own. */
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
