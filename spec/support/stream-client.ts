import { Agent, request, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';

import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { onTestFinished } from 'vitest';

import type { JsonRpcMessage } from '../../lib/index.js';

type Headers = Record<string, string>;
/** What JSON holds: the assertions of a spec are what checks it. */
type Parsed = any; // eslint-disable-line @typescript-eslint/no-explicit-any
interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A client of the transport that shows everything it sees: bytes, comments, events. */
export class StreamClient {
  readonly events: EventSourceMessage[] = [];
  readonly comments: string[] = [];
  /** Everything that was received, as text. */
  text = '';
  /** Set when the stream has ended, by whichever side. */
  ended = false;
  status = 0;
  headers: IncomingHttpHeaders = {};
  #read = 0;
  #nextId = 1;
  #wake: () => void = () => {};
  #destroy: () => void = () => {};
  #response: IncomingMessage | undefined;

  private constructor(
    readonly url: string,
    private readonly sendHeaders: Headers,
  ) {}

  /** Opens a stream and waits for its head, and for the `endpoint` event if it is a stream. */
  static async open(url: string, headers: Headers = {}): Promise<StreamClient> {
    const client = await StreamClient.begin(url, headers);
    if (client.status === 200) await client.next((event) => event.event === 'endpoint');
    return client;
  }

  /** Opens a stream and waits for its head only. */
  static async begin(url: string, headers: Headers = {}): Promise<StreamClient> {
    const client = new StreamClient(url, headers);
    await client.#connect();
    onTestFinished(() => {
      client.drop();
    });
    return client;
  }

  /** The URL for POSTs, as announced and resolved. */
  get endpoint(): string {
    const event = this.events.find(({ event }) => event === 'endpoint');
    if (!event) throw new Error(`no endpoint event; received: ${this.text}`);
    return new URL(event.data, this.url).href;
  }

  get sessionId(): string {
    return new URL(this.endpoint).searchParams.get('sessionId') ?? '';
  }

  /** The messages received so far, parsed. */
  get messages(): JsonRpcMessage[] {
    return this.events
      .filter(({ event }) => event === 'message')
      .map(({ data }) => JSON.parse(data) as JsonRpcMessage);
  }

  /** The next event not yet returned that matches; earlier ones that do not are skipped. */
  async next(
    matches: (event: EventSourceMessage) => boolean = () => true,
    timeoutMs = 10_000,
  ): Promise<EventSourceMessage> {
    const find = (): EventSourceMessage | undefined => {
      while (this.#read < this.events.length) {
        const event = this.events[this.#read++];
        if (event && matches(event)) return event;
      }
      return undefined;
    };
    return this.#until(find, timeoutMs);
  }

  /** The next `message` event, parsed. */
  async nextMessage(
    matches: (message: Parsed) => boolean = () => true,
    timeoutMs?: number,
  ): Promise<Parsed> {
    const isMatch = (event: EventSourceMessage): boolean =>
      event.event === 'message' && matches(JSON.parse(event.data));
    return JSON.parse((await this.next(isMatch, timeoutMs)).data);
  }

  /** POSTs one message (or any value, or raw text) to the announced endpoint. */
  post(body: unknown, headers: Headers = {}): Promise<Answer> {
    return post(this.endpoint, body, { ...this.sendHeaders, ...headers });
  }

  /** Sends a request and waits for its answer on the stream. */
  async request(method: string, params?: Record<string, unknown>): Promise<Parsed> {
    const id = this.#nextId++;
    const { status, body } = await this.post({ jsonrpc: '2.0', id, method, params });
    if (status !== 202) throw new Error(`POST of ${method}: ${String(status)} ${body}`);
    return this.nextMessage((message) => message.id === id && !('method' in message));
  }

  /** Cuts the connection, as a client that disappears. */
  drop(): void {
    this.#destroy();
  }

  /** Reads no more, until `resume`. */
  pause(): void {
    this.#response?.pause();
  }

  resume(): void {
    this.#response?.resume();
  }

  /** Resolves when the server has ended the stream. */
  async end(timeoutMs = 5_000): Promise<void> {
    await this.#until(() => this.ended || undefined, timeoutMs);
  }

  async #connect(): Promise<void> {
    const parser = createParser({
      onEvent: (event) => this.events.push(event),
      onComment: (comment) => this.comments.push(comment),
    });
    const headers = { Accept: 'text/event-stream', ...this.sendHeaders };
    await new Promise<void>((resolve, reject) => {
      const req = request(this.url, { headers, agent: new Agent({ keepAlive: false }) });
      this.#destroy = () => req.destroy();
      req.on('error', (error) => {
        this.#finish();
        reject(error);
      });
      req.on('response', (res) => {
        this.#response = res;
        this.status = res.statusCode ?? 0;
        this.headers = res.headers;
        res.setEncoding('utf8');
        res.on('data', (chunk: string) => {
          this.text += chunk;
          parser.feed(chunk);
          this.#wake();
        });
        res.on('error', () => {});
        res.on('close', () => {
          this.#finish();
        });
        resolve();
      });
      req.end();
    });
  }

  #finish(): void {
    this.ended = true;
    this.#wake();
  }

  async #until<T>(find: () => T | undefined, timeoutMs: number): Promise<T> {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const found = find();
      if (found !== undefined) return found;
      const left = deadline - performance.now();
      if (left <= 0 || this.ended) {
        const why = this.ended ? 'the stream has ended' : `nothing within ${String(timeoutMs)} ms`;
        throw new Error(`${why}; received: ${this.text.slice(-2_000)}`);
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }
}

/** POSTs JSON (text and bytes go as they are) and returns what came back. */
export function post(url: string, body: unknown, headers: Headers = {}): Promise<Answer> {
  return fetchText(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body),
  });
}

/** One request of any kind; `Host` and `Origin` can be anything, unlike with `fetch`. */
export function fetchText(
  url: string,
  {
    method = 'GET',
    headers = {},
    body,
  }: { method?: string; headers?: Headers; body?: string | Uint8Array },
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const req = request(url, { method, headers, agent: new Agent({ keepAlive: false }) });
    req.on('error', reject);
    req.on('response', (res) => {
      let text = '';
      res.setEncoding('utf8');
      res.on('data', (chunk: string) => (text += chunk));
      res.on('error', reject);
      res.on('end', () => {
        resolve({ status: res.statusCode ?? 0, headers: res.headers, body: text });
      });
    });
    req.end(body);
  });
}
