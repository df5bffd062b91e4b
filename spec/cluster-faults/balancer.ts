import {
  createServer,
  request,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';

/** The header with the name of the client that sends a request. */
export const CLIENT_NAME = 'x-client-name';

/** What became of a call's POST. */
export interface Posted {
  readonly sessionId: string;
  /** Undefined while there is no answer; 502 when the node was lost before it answered. */
  status: number | undefined;
}

/** A stream that passes through. */
interface PassingStream {
  readonly client: string;
  readonly res: ServerResponse;
  /** Bytes that still pass before it is cut. */
  bytesLeft: number;
}

/**
 * A load balancer without stickiness: each request, POST or stream, goes to a random node,
 * whatever connection it comes over. It cuts streams at random bytes, by FIN and by RST in turn.
 */
export class Balancer {
  cuts = 0;
  /** By the name of the call. */
  readonly posts = new Map<string, Posted>();
  /** How many streams each client has asked for. */
  readonly streams: Record<string, number> = {};
  /** How often each client has said `initialize`. */
  readonly initializes: Record<string, number> = {};
  readonly #server: Server;
  readonly #passing = new Set<PassingStream>();
  /** Clients whose streams may be cut: before its handshake a client cannot come back. */
  readonly #resumable = new Set<string>();
  #cutting = false;

  private constructor(
    private readonly ports: readonly number[],
    private readonly random: () => number,
  ) {
    this.#server = createServer((req, res) => {
      if (req.method === 'GET') this.#pass(req, res, undefined);
      else void body(req).then((text) => this.#pass(req, res, text), ignore);
    });
  }

  static async before(ports: readonly number[], random: () => number): Promise<Balancer> {
    const balancer = new Balancer(ports, random);
    await new Promise<void>((resolve) => balancer.#server.listen(0, '127.0.0.1', resolve));
    return balancer;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/sse`;
  }

  /** Whether streams of that client may be cut. */
  allowCuts(client: string, allowed: boolean): void {
    if (!allowed) this.#resumable.delete(client);
    else {
      this.#resumable.add(client);
      this.#planCuts();
    }
  }

  startCutting(): void {
    this.#cutting = true;
    this.#planCuts();
  }

  stopCutting(): void {
    this.#cutting = false;
    for (const stream of this.#passing) stream.bytesLeft = Infinity;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #planCuts(): void {
    for (const stream of this.#passing) {
      if (stream.bytesLeft === Infinity) stream.bytesLeft = this.#bytesUntilCut(stream.client);
    }
  }

  /** Cuts fall into live events, into replayed ones, or into the very first one. */
  #bytesUntilCut(client: string): number {
    if (!this.#cutting || !this.#resumable.has(client)) return Infinity;
    const upTo = [16_000, 16_000, 400, 120][Math.floor(this.random() * 4)] ?? 0;
    return Math.floor(this.random() * upTo);
  }

  #pass(req: IncomingMessage, res: ServerResponse, text: string | undefined): void {
    const posted = text === undefined ? undefined : this.#note(req, text);
    if (text === undefined) add(this.streams, String(req.headers[CLIENT_NAME]));
    const order = this.ports.map((port) => ({ port, by: this.random() }));
    order.sort((one, two) => one.by - two.by);
    const tryNext = (): void => {
      const next = order.shift();
      if (next) this.#onward(next.port, req, res, { text, posted, tryNext });
      else this.#answer(res, 502, posted);
    };
    tryNext();
  }

  #onward(
    port: number,
    req: IncomingMessage,
    res: ServerResponse,
    { text, posted, tryNext }: Forwarded,
  ): void {
    const onward = request({
      port,
      host: '127.0.0.1',
      method: req.method,
      path: req.url,
      headers: req.headers,
      agent: false,
    });
    onward.on('error', (error) => {
      if (res.destroyed || res.headersSent) res.destroy();
      // The node does not listen: nothing was sent.
      else if ('code' in error && error.code === 'ECONNREFUSED') tryNext();
      else this.#answer(res, 502, posted);
    });
    onward.on('response', (answer) => {
      if (posted) posted.status = answer.statusCode;
      res.writeHead(answer.statusCode ?? 502, answer.headers);
      res.flushHeaders();
      this.#relay(String(req.headers[CLIENT_NAME]), answer, res);
    });
    res.on('close', () => onward.destroy());
    onward.end(text);
  }

  #relay(client: string, answer: IncomingMessage, res: ServerResponse): void {
    const stream: PassingStream = { client, res, bytesLeft: Infinity };
    if (answer.headers['content-type']?.startsWith('text/event-stream')) {
      stream.bytesLeft = this.#bytesUntilCut(client);
      this.#passing.add(stream);
    }
    res.on('close', () => this.#passing.delete(stream));
    answer.on('data', (chunk: Buffer) => {
      if (!res.writable) return;
      const part = chunk.subarray(0, stream.bytesLeft);
      stream.bytesLeft -= chunk.length;
      if (stream.bytesLeft >= 0) res.write(part);
      else {
        answer.removeAllListeners('data').resume();
        // An empty write would not call back.
        if (part.length === 0) this.#cut(stream);
        else res.write(part, () => this.#cut(stream));
      }
    });
    answer.on('end', () => res.end());
    answer.on('error', () => res.destroy());
    answer.on('aborted', () => res.destroy());
  }

  #cut({ res }: PassingStream): void {
    this.cuts += 1;
    if (this.cuts % 2 === 0) res.socket?.resetAndDestroy();
    else res.socket?.destroy();
  }

  #note(req: IncomingMessage, text: string): Posted | undefined {
    const { method, params } = JSON.parse(text) as { method?: string; params?: { name: string } };
    if (method === 'initialize') add(this.initializes, String(req.headers[CLIENT_NAME]));
    if (method !== 'tools/call' || !params) return undefined;
    const sessionId = new URL(req.url ?? '', 'http://any').searchParams.get('sessionId') ?? '';
    const posted: Posted = { sessionId, status: undefined };
    this.posts.set(params.name, posted);
    return posted;
  }

  #answer(res: ServerResponse, status: number, posted: Posted | undefined): void {
    if (posted) posted.status = status;
    // A stream that cannot be had now may be had later: only a broken connection says so.
    if (res.req.method === 'GET') res.destroy();
    else res.writeHead(status).end();
  }
}

function add(counts: Record<string, number>, key: string): void {
  counts[key] = (counts[key] ?? 0) + 1;
}

interface Forwarded {
  readonly text: string | undefined;
  readonly posted: Posted | undefined;
  readonly tryNext: () => void;
}

async function body(req: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

function ignore(): void {
  // The client has left in the middle of its POST.
}
