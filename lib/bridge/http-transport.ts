// The SDK's transport to an upstream with a URL, with the caller's headers and within bounds.
import {
  StreamableHTTPClientTransport,
  type JSONRPCMessage,
  type ReconnectionScheduler,
  type RequestId,
} from '@modelcontextprotocol/client';

import { withDeadline } from '../util/promises.js';
import { clearTimeout, setImmediate, setTimeout } from '../util/timers.js';
import { refusalOf, type RefusedToken } from './authorization.js';
import type { HeaderRecord } from './forwarded-headers.js';
import { failureOf, HopError } from './hop-error.js';
import type { BridgeSettings } from './options.js';

/** Milliseconds for which the first messages wait for the upstream's stream. */
const STREAM_MS = 2_000;
const late = (): Error => new Error('late');

/**
 * Marks the caller's headers of one message on their way through the SDK's transport, which would
 * overwrite some of them, above all `Authorization`. No header of this name leaves the process.
 */
const MARK = 'x-bridge-message';
const MARKED = `${MARK}-`;

/** The headers of one message, in the form in which the transport takes them. */
export function markHeaders(headers: HeaderRecord): HeaderRecord {
  const marked: Record<string, string> = { [MARK]: '1' };
  for (const [name, value] of Object.entries(headers)) marked[MARKED + name] = value;
  return marked;
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

  /**
   * @param latest returns the caller's headers for requests that no message causes: the stream, and
   * the DELETE at the end
   */
  constructor(
    url: URL,
    settings: BridgeSettings,
    latest: () => HeaderRecord,
    refusedToken: RefusedToken,
  ) {
    const timers = new Set<NodeJS.Timeout>();
    const streams: Streams = { opening: undefined };
    super(url, {
      fetch: fetchFor(settings, latest, streams, refusedToken),
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
    if (opening) await withDeadline(opening, STREAM_MS, late).catch(() => undefined);
  }

  /**
   * The SDK's client does not ask to be told when the stream of a request ends, and would wait
   * until the deadline. So it gets an error here.
   */
  override send(message: JSONRPCMessage, options?: SendOptions): Promise<void> {
    if (!('method' in message && 'id' in message) || options?.onRequestStreamEnd) {
      return super.send(message, options);
    }
    const { id } = message;
    this.#unanswered.add(id);
    const forget = (): void => {
      this.#unanswered.delete(id);
    };
    options?.requestSignal?.addEventListener('abort', forget, { once: true });
    const onRequestStreamEnd = (): void => {
      if (!this.#unanswered.delete(id)) return;
      const text = 'The upstream ended the stream before its answer';
      const { error } = failureOf(id, new HopError('closed', text));
      this.onmessage?.({ jsonrpc: '2.0', id, error });
    };
    return super.send(message, { ...options, onRequestStreamEnd });
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
    const timer = setTimeout(() => {
      timers.delete(timer);
      reconnect();
    }, delay).unref();
    timers.add(timer);
    return () => {
      timers.delete(timer);
      clearTimeout(timer);
    };
  };
}

type SendOptions = Parameters<StreamableHTTPClientTransport['send']>[1];
type Fetch = (url: string | URL, init?: RequestInit) => Promise<Response>;

/** The GET that is under way. */
interface Streams {
  opening: Promise<unknown> | undefined;
}

function fetchFor(
  settings: BridgeSettings,
  latest: () => HeaderRecord,
  streams: Streams,
  refusedToken: RefusedToken,
): Fetch {
  const { maxMessageBytes, headers: own } = settings;
  return async (url, init = {}) => {
    const headers = callersHeaders(new Headers(init.headers), latest);
    for (const [name, value] of Object.entries(own)) headers.set(name, value);
    const answer = (settings.fetch ?? fetch)(url, { ...init, headers });
    if (init.method === 'GET') streams.opening = answer;
    const response = await answer;
    if (response.status === 401 || response.status === 403) {
      await response.body?.cancel();
      const error = refusalOf(response, settings);
      refusedToken.note(headers.get('authorization') ?? undefined, error);
      throw error;
    }
    return bounded(response, maxMessageBytes);
  };
}

/** Puts the caller's headers in the place of the marked ones. */
function callersHeaders(headers: Headers, latest: () => HeaderRecord): Headers {
  if (!headers.has(MARK)) {
    for (const [name, value] of Object.entries(latest())) headers.set(name, value);
    return headers;
  }
  headers.delete(MARK);
  for (const [name, value] of [...headers]) {
    if (!name.startsWith(MARKED)) continue;
    headers.delete(name);
    headers.set(name.slice(MARKED.length), value);
  }
  return headers;
}

/** The response, whose body fails once one message of it is larger than `maxBytes`. */
function bounded(response: Response, maxBytes: number): Response {
  const { body, headers, status, statusText } = response;
  if (!body) return response;
  const isStream = headers.get('content-type')?.includes('text/event-stream') ?? false;
  // The length of a compressed body says nothing of what it becomes.
  const length = headers.has('content-encoding')
    ? NaN
    : Number(headers.get('content-length') ?? NaN);
  if (!isStream && length <= maxBytes) return response;
  const reader = (body as ReadableStream<Uint8Array>).getReader();
  let held = 0;
  const pull = async (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
    const { done, value } = await reader.read();
    if (done) {
      controller.close();
      return;
    }
    held = isStream ? heldAfter(held, value) : held + value.length;
    if (held <= maxBytes) controller.enqueue(value);
    else {
      const tooLarge = `The upstream sent a message of over ${maxBytes} bytes`;
      controller.error(new HopError('invalid-answer', tooLarge));
      await reader.cancel();
    }
  };
  const cancel = (reason: unknown): Promise<void> => reader.cancel(reason);
  const stream = new ReadableStream({ pull, cancel }, { highWaterMark: 0 });
  return new Response(stream, { status, statusText, headers });
}

/** Bytes of the event that is not complete yet: a blank line ends one. */
function heldAfter(held: number, chunk: Uint8Array): number {
  const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  const end = Math.max(bytes.lastIndexOf('\n\n'), bytes.lastIndexOf('\n\r\n'));
  return end < 0 ? held + chunk.length : chunk.length - end;
}
