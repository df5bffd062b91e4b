import * as v2 from '@modelcontextprotocol/client';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';

import { resumableFetch } from '../../lib/client/index.js';
import { TRAVELLER, type Balancer } from './balancer.js';

/** A node can be lost in the middle of a handshake. */
const CONNECT_MS = 5_000;

export type Sdk = 'v1' | 'v2';

/** The numbers that came in one session, in the order in which they came. */
export interface Life {
  readonly sessionId: string;
  readonly seen: number[];
  readonly began: number;
}

export interface Call {
  readonly name: string;
  readonly made: number;
  outcome: 'pending' | 'answered' | 'wrong' | 'refused';
  why?: string;
}

interface ClientLike {
  connect(transport: never, options: { timeout: number }): Promise<void>;
  callTool(params: { name: string; arguments: Record<string, unknown> }): Promise<unknown>;
  close(): Promise<void>;
  onerror?: ((error: Error) => void) | undefined;
  fallbackNotificationHandler?: ((notification: Notification) => Promise<void>) | undefined;
}

interface Notification {
  method: string;
  params?: Record<string, unknown> | undefined;
}

/**
 * A real SDK client and the program that uses it. With `resumableFetch`, which makes a lost
 * session known, the program connects anew; without, the client itself finds itself in a new one.
 */
export class Traveller {
  readonly lives: Life[] = [];
  readonly calls: Call[] = [];
  readonly #errors: string[] = [];
  #client: ClientLike | undefined;
  #life: Life | undefined;
  #count = 0;
  #leaving = false;

  constructor(
    readonly name: string,
    readonly sdk: Sdk,
    readonly resumes: boolean,
    private readonly balancer: Balancer,
  ) {}

  get connected(): boolean {
    return this.#client !== undefined;
  }

  /** Its latest errors, for those who wonder. */
  get errors(): string {
    return this.#errors.join(' | ');
  }

  /** The session that it was last heard of in. */
  get life(): Life | undefined {
    return this.#life;
  }

  async connect(): Promise<void> {
    const client = this.#make();
    const options = {
      requestInit: { headers: { [TRAVELLER]: this.name } },
      ...(this.resumes && { fetch: resumableFetch() }),
    };
    const Transport = this.sdk === 'v1' ? SSEClientTransport : v2.SSEClientTransport;
    const transport = new Transport(new URL(this.balancer.url), options);
    client.fallbackNotificationHandler = async ({ params }) => {
      const { session, n } = params?.data as { session: string; n: number };
      this.#heard(session, n);
    };
    client.onerror = (error) => {
      this.#errors.push(String(error).slice(0, 200));
      if (this.#errors.length > 5) this.#errors.shift();
      if (!this.resumes || !('code' in error) || error.code !== 404) return;
      if (this.#client === client) void this.#begin(client);
    };
    try {
      await client.connect(transport as never, { timeout: CONNECT_MS });
    } catch (error) {
      // It would go on to ask for a stream.
      await client.close();
      throw error;
    }
    this.#client = client;
    this.balancer.arm(this.name);
  }

  /** Calls a tool; what becomes of it is written down. `how`: milliseconds, or `hold`. */
  call(how: string): void {
    const client = this.#client;
    if (!client) return;
    const name = `${this.name}.${(this.#count += 1)}/${how}`;
    const call: Call = { name, made: performance.now(), outcome: 'pending' };
    this.calls.push(call);
    client.callTool({ name, arguments: {} }).then(
      (result) => {
        const { content } = result as { content: { text: string }[] };
        call.outcome = content[0]?.text === name ? 'answered' : 'wrong';
      },
      (error: unknown) => {
        call.outcome = 'refused';
        call.why = String(error);
      },
    );
  }

  async leave(): Promise<void> {
    this.#leaving = true;
    await this.#client?.close();
  }

  #make(): ClientLike {
    const info = { name: this.name, version: '1' };
    return this.sdk === 'v1' ? new Client(info) : new v2.Client(info);
  }

  /** The session is lost, and this client with it. */
  async #begin(old: ClientLike): Promise<void> {
    this.balancer.disarm(this.name);
    this.#client = this.#life = undefined;
    await old.close();
    while (!this.#leaving && !this.connected) {
      // A first GET may be refused, or be lost with its node.
      await this.connect().catch(() => new Promise((resolve) => setTimeout(resolve, 200)));
    }
  }

  #heard(sessionId: string, n: number): void {
    if (this.#life?.sessionId !== sessionId) {
      this.#life = { sessionId, seen: [], began: performance.now() };
      this.lives.push(this.#life);
    }
    this.#life.seen.push(n);
  }
}
