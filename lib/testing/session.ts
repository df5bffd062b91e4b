// The session of a test.
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import { isUint8Array } from 'node:util/types';

import { JsonRpcError, type JsonRpcMessage, type RequestId } from '../index.js';
import { within } from './clock.js';
import type { Connections } from './connections.js';
import type { ReceivedEvent } from '../wire/sse-parser.js';
import type { Inbox } from './inbox.js';
import { answerTo, wanted, type Match, type ReceivedMessage, type Wanted } from './message.js';
import type { Settings } from './options.js';
import { merged, send, whole } from './http-request.js';
import { RefusedError, type HttpAnswer } from './refused-error.js';
import { timeoutError } from './report.js';
import type { Stream, StreamEnd } from './stream.js';
import type { ServedTarget } from './target.js';

/** Replaces the timeout of `openSession` for one wait. */
export interface WaitOptions {
  /** Milliseconds. */
  timeoutMs?: number;
}

/** The parts of a session. */
interface Parts {
  readonly settings: Settings;
  readonly host: ServedTarget;
  readonly connections: Connections;
  readonly stream: Stream;
  readonly streamUrl: string;
  readonly inbox: Inbox;
}

/**
 * A client's session in a test. It keeps everything that arrives, and answers nothing by itself.
 *
 * Every wait has a deadline, `timeoutMs`; its error says what arrived instead. Close the session at
 * the end of the test, or declare it with `await using`.
 */
export class TestSession {
  /** The base URL, without a trailing slash, as for `request(session.url)` of supertest. */
  readonly url: string;
  /** The server's answer to `initialize`; undefined before it, and without a handshake. */
  initializeResult: Record<string, unknown> | undefined;
  readonly #parts: Parts;
  /** Settles when the stream has ended and, if it runs in this process, the server knows. */
  readonly #over: Promise<StreamEnd>;
  #closing: Promise<void> | undefined;
  #requests = 0;

  /** @internal `openSession` makes it. */
  constructor(parts: Parts) {
    const { host, stream, settings, connections } = parts;
    this.#parts = parts;
    this.url = host.url;
    this.#over = stream.over.then(async (end) => {
      await connections.noticed(settings.timeoutMs, [stream.port]).catch(() => undefined);
      return end;
    });
  }

  /** The absolute URL for POSTs, from the newest `endpoint` event. */
  get endpoint(): string {
    return new URL(this.#parts.inbox.endpoint, this.#parts.streamUrl).href;
  }

  /** The session's id in `endpoint`; empty if it has none. */
  get sessionId(): string {
    return new URL(this.endpoint).searchParams.get('sessionId') ?? '';
  }

  /** The status of the stream. */
  get status(): number {
    return this.#parts.stream.status;
  }

  /** The response headers of the stream, names in lower case. */
  get headers(): IncomingHttpHeaders {
    return this.#parts.stream.headers;
  }

  /** All events so far, the `endpoint` event included. Grows while the stream goes on. */
  get events(): readonly ReceivedEvent[] {
    return this.#parts.inbox.events;
  }

  /** All messages so far, including those that a wait has returned. Grows as well. */
  get messages(): readonly ReceivedMessage[] {
    return this.#parts.inbox.messages;
  }

  /** All comments so far, including keep-alives. Grows as well. */
  get comments(): readonly string[] {
    return this.#parts.inbox.comments;
  }

  /** The received text of the stream, unparsed. */
  get text(): string {
    return this.#parts.stream.text;
  }

  /** The `Last-Event-ID` of a client that reconnects; undefined if no event had an id. */
  get lastEventId(): string | undefined {
    return this.events.findLast(({ id }) => id !== undefined)?.id;
  }

  /**
   * Resolves with how the stream ended, once either side has ended it. A server in this process has
   * noticed by then. Each access starts a wait with its own deadline.
   */
  get closed(): Promise<StreamEnd> {
    const { settings, inbox, stream } = this.#parts;
    const late = (): Error =>
      timeoutError('the stream did not end', settings.timeoutMs, inbox, stream);
    const closed = within(this.#over, settings.timeoutMs, late);
    // A test may read it and not await it.
    closed.catch(() => undefined);
    return closed;
  }

  /**
   * Returns the oldest matching message that no `next` or `request` has returned yet, or waits for
   * one. Other messages stay for later.
   *
   * @param match the method of a request or notification, the id of an answer, or a function
   * @throws Error (as a rejection) if none arrives in time, or the stream ends first; any throw of
   * `match`.
   */
  async next(match?: Match, options: WaitOptions = {}): Promise<ReceivedMessage> {
    const what = wanted(match);
    return this.#found(this.#parts.inbox.wait(what, this.#timeout(options)), what, options);
  }

  /**
   * Sends a request and resolves with its result.
   *
   * @throws JsonRpcError (as a rejection) if the answer is an error; RefusedError if the POST does not
   * get 202; Error if no answer arrives in time.
   */
  async request<Result extends object = Record<string, unknown>>(
    method: string,
    params?: Record<string, unknown>,
    options: WaitOptions = {},
  ): Promise<Result> {
    // A string: the test may use numbers in messages that it posts itself.
    const id = `request-${(this.#requests += 1)}`;
    const what = answerTo(id, `answer to ${method}`);
    const wait = this.#parts.inbox.wait(what, this.#timeout(options), { first: true });
    await this.#send({ jsonrpc: '2.0', id, method, params }, `POST of ${method}`);
    const { error, result } = await this.#found(wait, what, options);
    if (error) throw new JsonRpcError(error.code, error.message, error.data);
    return result as Result;
  }

  /**
   * Sends a notification.
   *
   * @throws RefusedError (as a rejection) if the POST does not get 202.
   */
  async notify(method: string, params?: Record<string, unknown>): Promise<void> {
    await this.#send({ jsonrpc: '2.0', method, params }, `POST of ${method}`);
  }

  /**
   * Answers a request of the server, with a result or with a `JsonRpcError`.
   *
   * @throws TypeError (as a rejection) if there is no id, because only requests have an answer;
   * RefusedError if the POST does not get 202.
   */
  async respond(
    id: RequestId | null | undefined,
    answer: Record<string, unknown> | JsonRpcError,
  ): Promise<void> {
    if (id == null) throw new TypeError('respond: pass the id of a request from the server');
    const { code, message, data } = answer as JsonRpcError;
    const outcome =
      answer instanceof JsonRpcError ? { error: { code, message, data } } : { result: answer };
    await this.#send({ jsonrpc: '2.0', id, ...outcome }, `POST of the response to ${id}`);
  }

  /**
   * POSTs to the endpoint and returns the answer, whatever its status. Strings and bytes are sent as
   * they are, anything else as JSON.
   *
   * @param headers added to those of the session; undefined removes one, as in
   * `{ 'Content-Type': undefined }`
   */
  async post(body: unknown, headers: OutgoingHttpHeaders = {}): Promise<HttpAnswer> {
    const { connections, settings, inbox, stream } = this.#parts;
    const { timeoutMs } = settings;
    const json = { 'Content-Type': 'application/json' };
    const all = merged(json, settings.headers, headers);
    const name = `POST ${this.endpoint}`;
    const late = (): Error => timeoutError(`no answer to ${name}`, timeoutMs, inbox, stream);
    const request = connections.begin('POST', this.endpoint, all);
    return whole(await send({ request, name, timeoutMs, late }, bytesOf(body)), timeoutMs);
  }

  /** Cuts the stream's connection, as when a client disappears. POSTs still work. */
  drop(): void {
    this.#parts.stream.drop();
  }

  /**
   * Closes everything that the session has opened, including the server if `openSession` started it.
   * A server in this process has noticed by then. Safe to call again.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** For `await using session = await openSession(app)`: closes it. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    const { stream, connections, host, settings } = this.#parts;
    stream.drop();
    try {
      await stream.over;
      await connections.close(settings.timeoutMs);
    } finally {
      await host.stop();
    }
  }

  async #send(message: JsonRpcMessage, name: string): Promise<void> {
    const answer = await this.post(message);
    if (answer.status !== 202) throw new RefusedError(name, answer);
  }

  async #found(
    message: Promise<ReceivedMessage | undefined>,
    { name }: Wanted,
    options: WaitOptions,
  ): Promise<ReceivedMessage> {
    const found = await message;
    if (found) return found;
    const { inbox, stream } = this.#parts;
    throw timeoutError(`no ${name}`, this.#timeout(options), inbox, stream);
  }

  #timeout({ timeoutMs = this.#parts.settings.timeoutMs }: WaitOptions): number {
    return timeoutMs;
  }
}

function bytesOf(body: unknown): string | Uint8Array {
  return typeof body === 'string' || isUint8Array(body) ? body : JSON.stringify(body);
}
