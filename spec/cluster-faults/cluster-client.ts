import { setTimeout as pause } from 'node:timers/promises';

import * as v2 from '@modelcontextprotocol/client';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';

import { resumableFetch } from '../../lib/client/index.js';
import { NumberSequence } from '../support/program/number-sequence.js';
import { connectSdkClient, type SdkClient } from '../support/program/sdk-client.js';
import { CLIENT_NAME, type Balancer } from './balancer.js';

/** A node can be lost in the middle of a handshake. */
const CONNECT_MS = 5_000;

export type Sdk = 'v1' | 'v2';

/** A session of a client, with the numbers of the notifications that came in it. */
export interface ClientSession {
  readonly id: string;
  readonly numbers: NumberSequence;
}

export interface Call {
  readonly name: string;
  outcome: 'pending' | 'answered' | 'wrong' | 'refused';
  error?: string;
}

/**
 * A real SDK client and the program that uses it. With `resumableFetch`, which reports a lost
 * session, the program connects anew; without, the client gets a new session by itself.
 */
export class ClusterClient {
  readonly sessions: ClientSession[] = [];
  readonly calls: Call[] = [];
  readonly #errors: string[] = [];
  #client: SdkClient | undefined;
  #session: ClientSession | undefined;
  #calls = 0;
  #closed = false;

  constructor(
    readonly name: string,
    readonly sdk: Sdk,
    readonly resumes: boolean,
    private readonly balancer: Balancer,
  ) {}

  get connected(): boolean {
    return this.#client !== undefined;
  }

  /** Its latest errors. */
  get errors(): string {
    return this.#errors.join(' | ');
  }

  /** The session of its latest notification. */
  get session(): ClientSession | undefined {
    return this.#session;
  }

  /** Resolves when it is connected: a first GET may be refused, or be lost with its node. */
  async connect(): Promise<void> {
    while (!this.#closed && !this.connected) {
      const before = this.sessions.length;
      try {
        await this.#connect();
      } catch {
        // What it was given in the middle of the handshake is of no session of its program.
        this.sessions.length = before;
        this.#session = undefined;
        await pause(200);
      }
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#client?.close();
  }

  async #connect(): Promise<void> {
    const info = { name: this.name, version: '1' };
    const client: SdkClient = this.sdk === 'v1' ? new Client(info) : new v2.Client(info);
    const Transport = this.sdk === 'v1' ? SSEClientTransport : v2.SSEClientTransport;
    const transport = new Transport(new URL(this.balancer.url), {
      requestInit: { headers: { [CLIENT_NAME]: this.name } },
      ...(this.resumes && { fetch: resumableFetch() }),
    });
    await connectSdkClient(client, transport, {
      timeoutMs: CONNECT_MS,
      onNotification: (data) => {
        const { session, n } = data as { session: string; n: number };
        this.#take(session, n);
      },
      onError: (error) => {
        this.#errors.push(String(error).slice(0, 200));
        if (this.#errors.length > 5) this.#errors.shift();
        if (!this.resumes || !('code' in error) || error.code !== 404) return;
        if (this.#client === client) void this.#reconnect(client);
      },
    });
    this.#client = client;
    this.balancer.allowCuts(this.name, true);
  }

  /** Calls a tool and records the outcome. @param duration milliseconds, or `hold` */
  call(duration: string): void {
    const client = this.#client;
    if (!client) return;
    const name = `${this.name}.${(this.#calls += 1)}/${duration}`;
    const call: Call = { name, outcome: 'pending' };
    this.calls.push(call);
    client.callTool({ name, arguments: {} }).then(
      (result) => {
        const { content } = result as { content: { text: string }[] };
        call.outcome = content[0]?.text === name ? 'answered' : 'wrong';
      },
      (error: unknown) => {
        call.outcome = 'refused';
        call.error = String(error);
      },
    );
  }

  /** The session is lost, and this client with it. */
  async #reconnect(old: SdkClient): Promise<void> {
    this.balancer.allowCuts(this.name, false);
    this.#client = this.#session = undefined;
    await old.close();
    await this.connect();
  }

  #take(sessionId: string, n: number): void {
    if (this.#session?.id !== sessionId) {
      this.#session = { id: sessionId, numbers: new NumberSequence(this.name, 0) };
      this.sessions.push(this.#session);
    }
    this.#session.numbers.add(n);
  }
}
