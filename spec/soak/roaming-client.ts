import { Agent, request, type ClientRequest, type IncomingMessage } from 'node:http';

import { createParser, type EventSourceMessage } from 'eventsource-parser';

type Params = Readonly<Record<string, unknown>>;
interface Message {
  readonly id?: number | string;
  readonly method?: string;
  readonly params?: { readonly n?: number; readonly b?: number };
  readonly result?: Params;
  readonly error?: { readonly code: number; readonly message: string };
}

/** How long a client waits for anything before it complains. */
export const PATIENCE_MS = 30_000;
/** Of the ids of its requests. */
const PREFIX = 'traveller:';
/** POSTs share connections: one for each would be too many for the kernel to accept in time. */
let posts = new Agent({ keepAlive: true, maxSockets: 64 });

/** Closes the connections that are kept for more POSTs. */
export function hangUp(): void {
  posts.destroy();
  posts = new Agent({ keepAlive: true, maxSockets: 64 });
}

/** One client: a session, all the streams of its life, and what it was given. */
export class Traveller {
  /** What it has seen of what was sent to it alone, and to all. */
  n = 0;
  b: number | undefined;
  lost = 0;
  repeated = 0;
  readonly faults: string[] = [];
  /** The stream has ended, by whichever side. */
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
    await this.#inTime(opened, 'an endpoint');
    return status;
  }

  /** Cuts the stream. */
  cut(byReset: boolean): void {
    this.ended = true;
    if (byReset) this.#get?.socket?.resetAndDestroy();
    this.#get?.destroy();
  }

  /** Reads no more. */
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
    return this.#inTime(answer, `an answer to ${method} ${JSON.stringify(params).slice(0, 60)}`);
  }

  tool(name: string, text = ''): Promise<Message> {
    return this.call('tools/call', { name, text });
  }

  /** Calls a tool, and does not care for its answer. */
  async wish(name: string): Promise<void> {
    const id = this.#newId();
    this.#calls.set(id, () => undefined);
    await this.post({ id, method: 'tools/call', params: { name } });
  }

  #listen(response: IncomingMessage): void {
    this.ended = false;
    const parser = createParser({
      onEvent: (event) => {
        // What was on its way when the stream was cut is not read any more.
        if (this.#response === response && !this.ended) this.#take(event);
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

  #take({ event, data, id }: EventSourceMessage): void {
    if (id !== undefined) this.#lastEventId = id;
    if (event === 'endpoint') {
      this.endpoint = new URL(data, `http://127.0.0.1:${this.port}/sse`).href;
      this.#whenOpen?.();
    } else this.#heard(JSON.parse(data) as Message);
  }

  #heard(message: Message): void {
    const { id, method, params } = message;
    if (method === 'soak') this.n = this.#step(this.n, params?.n ?? NaN, 'n');
    else if (method === 'all') this.b = this.#step(this.b, params?.b ?? NaN, 'b');
    else if (method === 'ping') void this.#answer(id, {});
    else if (method === 'roots/list') void this.#answer(id, { roots: [] });
    // Others are answers to what was sent past this class.
    else if (String(id).startsWith(PREFIX) && method === undefined)
      this.#answered(String(id), message);
  }

  #step(last: number | undefined, now: number, what: string): number {
    if (last === undefined || now === last + 1) return now;
    if (now > last) this.lost += now - last - 1;
    else this.repeated += 1;
    this.faults.push(`was given ${what} ${now} after ${last}`);
    return now;
  }

  #newId(): string {
    return `${PREFIX}${(this.#nextId += 1)}`;
  }

  #answered(id: string, message: Message): void {
    const settle = this.#calls.get(id);
    this.#calls.delete(id);
    if (settle) settle(message);
    else this.faults.push(`was answered ${id} twice, or unasked`);
  }

  async #answer(id: Message['id'], result: object): Promise<void> {
    // The session may have ended, or the server be gone, by now.
    await this.post({ id, result }).catch(() => undefined);
  }

  #inTime<T>(work: Promise<T>, what: string): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new Error(`did not get ${what}`));
      }, PATIENCE_MS).unref();
      void work.then(resolve, reject).finally(() => {
        clearTimeout(timer);
      });
    });
  }
}
