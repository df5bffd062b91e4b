import { Agent, request, type ClientRequest, type IncomingMessage } from 'node:http';

import { createParser, type EventSourceMessage } from 'eventsource-parser';

import { NumberSequence } from '../support/program/number-sequence.js';
import { within } from '../support/program/waiting.js';

type Params = Readonly<Record<string, unknown>>;
interface Message {
  readonly id?: number | string;
  readonly method?: string;
  readonly params?: { readonly n?: number; readonly b?: number };
  readonly result?: Params;
  readonly error?: { readonly code: number; readonly message: string };
}

/** How long a client waits for anything. */
export const TIMEOUT_MS = 30_000;
/** Of the ids of its requests. */
const PREFIX = 'soak:';
/** POSTs share connections: one for each would be too many for the kernel to accept in time. */
let posts = new Agent({ keepAlive: true, maxSockets: 64 });

/** Closes the connections that are kept for further POSTs. */
export function closeIdleConnections(): void {
  posts.destroy();
  posts = new Agent({ keepAlive: true, maxSockets: 64 });
}

/** One client: a session, the streams of that session, and the notifications that came. */
export class SoakClient {
  /** The numbers of the notifications to this session, and of the broadcasts. */
  readonly own = new NumberSequence('the session', 0);
  readonly broadcast = new NumberSequence('all');
  readonly #unexpected: string[] = [];
  /** Whether the stream has ended, by either side. */
  ended = true;
  endpoint = '';
  #lastEventId = '';
  #nextId = 0;
  #get: ClientRequest | undefined;
  #response: IncomingMessage | undefined;
  #whenOpen: (() => void) | undefined;
  readonly #calls = new Map<string, (message: Message) => void>();

  constructor(
    readonly port: number,
    private readonly headers: Readonly<Record<string, string>> = {},
  ) {}

  /** What was wrong with the notifications and answers that came. */
  get faults(): string[] {
    return [...this.#unexpected, ...this.own.faults, ...this.broadcast.faults];
  }

  get sessionId(): string {
    return new URL(this.endpoint).searchParams.get('sessionId') ?? '';
  }

  /** Opens a stream, or another one behind the last event. @returns the status */
  async open(): Promise<number> {
    const url = `http://127.0.0.1:${this.port}/sse`;
    const id = this.#lastEventId === '' ? {} : { 'Last-Event-ID': this.#lastEventId };
    const headers = { Accept: 'text/event-stream', ...this.headers, ...id };
    const opened = new Promise<void>((resolve) => (this.#whenOpen = resolve));
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      this.#get = request(url, { headers, agent: false }, resolve).on('error', reject).end();
    });
    this.#response = response;
    const status = response.statusCode ?? 0;
    if (status !== 200) {
      response.resume();
      return status;
    }
    this.#listen(response);
    await within(opened, TIMEOUT_MS, 'an endpoint');
    return status;
  }

  /** Cuts the stream. */
  cut(byReset: boolean): void {
    this.ended = true;
    if (byReset) this.#get?.socket?.resetAndDestroy();
    this.#get?.destroy();
  }

  /** Stops reading. */
  stall(): void {
    this.#response?.pause();
  }

  /** @returns the status of the answer */
  post(message: object): Promise<number> {
    const body = JSON.stringify({ jsonrpc: '2.0', ...message });
    const headers = {
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(body),
    };
    return new Promise((resolve, reject) => {
      const sending = request(this.endpoint, { method: 'POST', headers, agent: posts });
      sending.on('error', reject);
      sending.on('response', (answer) => {
        answer.resume().on('error', reject);
        answer.on('end', () => {
          resolve(answer.statusCode ?? 0);
        });
      });
      sending.end(body);
    });
  }

  /** Sends a request and waits for its answer. */
  async call(method: string, params: Params = {}): Promise<Message> {
    const id = this.#newId();
    const answer = new Promise<Message>((resolve) => this.#calls.set(id, resolve));
    const status = await this.post({ id, method, params });
    if (status !== 202) throw new Error(`${method} was refused: ${status}`);
    const what = `an answer to ${method} ${JSON.stringify(params).slice(0, 60)}`;
    return within(answer, TIMEOUT_MS, what);
  }

  callTool(name: string, text = ''): Promise<Message> {
    return this.call('tools/call', { name, text });
  }

  /** Calls a tool and does not wait for its answer. */
  async startTool(name: string): Promise<void> {
    const id = this.#newId();
    this.#calls.set(id, () => undefined);
    await this.post({ id, method: 'tools/call', params: { name } });
  }

  #listen(response: IncomingMessage): void {
    this.ended = false;
    const parser = createParser({
      onEvent: (event) => {
        // What arrives after a cut belongs to no stream of this client.
        if (this.#response === response && !this.ended) this.#takeEvent(event);
      },
    });
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => {
      parser.feed(chunk);
    });
    response.on('error', () => undefined);
    response.on('close', () => {
      if (this.#response === response) this.ended = true;
    });
  }

  #takeEvent({ event, data, id }: EventSourceMessage): void {
    if (id !== undefined) this.#lastEventId = id;
    if (event === 'endpoint') {
      this.endpoint = new URL(data, `http://127.0.0.1:${this.port}/sse`).href;
      this.#whenOpen?.();
    } else this.#takeMessage(JSON.parse(data) as Message);
  }

  #takeMessage(message: Message): void {
    const { id, method, params } = message;
    if (method === 'soak') this.own.add(params?.n ?? NaN);
    else if (method === 'all') this.broadcast.add(params?.b ?? NaN);
    else if (method === 'ping') void this.#answer(id, {});
    else if (method === 'roots/list') void this.#answer(id, { roots: [] });
    // Other answers are to requests that a behaviour sent by itself.
    else if (String(id).startsWith(PREFIX) && method === undefined)
      this.#takeAnswer(String(id), message);
  }

  #newId(): string {
    return `${PREFIX}${(this.#nextId += 1)}`;
  }

  #takeAnswer(id: string, message: Message): void {
    const settle = this.#calls.get(id);
    this.#calls.delete(id);
    if (settle) settle(message);
    else this.#unexpected.push(`${id} was answered twice, or never asked`);
  }

  async #answer(id: Message['id'], result: object): Promise<void> {
    // The session may have ended, or the server be gone, by now.
    await this.post({ id, result }).catch(() => undefined);
  }
}
