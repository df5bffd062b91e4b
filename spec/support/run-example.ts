import { Client, type ClientOptions } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { afterAll, beforeAll, expect } from 'vitest';

import { eventually } from './eventually.js';
import { lastingPort } from './lasting-port.js';
import { ScriptProcess } from './script-process.js';

/** A process is quick to start, but not on a machine that does much else. */
const START_MS = 60_000;

/** An example that runs as a process of its own. */
export class RunningExample {
  readonly #name: string;
  readonly #clients: { close(): Promise<void> }[] = [];
  #port = 0;
  #process: ScriptProcess | undefined;

  constructor(name: string) {
    this.#name = name;
  }

  get stdout(): string {
    return this.#process?.stdout ?? '';
  }

  /** The URL of `path`. */
  url(path: string): URL {
    return new URL(path, `http://127.0.0.1:${this.#port}`);
  }

  /** An SDK v1 client of the stream at `path`. */
  async connect(
    path = '/sse',
    { headers = {}, ...options }: ClientOptions & { headers?: Record<string, string> } = {},
  ): Promise<Client> {
    const client = new Client({ name: 'spec', version: '1.0.0' }, options);
    await client.connect(new SSEClientTransport(this.url(path), { requestInit: { headers } }));
    return this.closeLater(client);
  }

  /** Closed after the example has stopped: what stops it must cope with connected clients. */
  closeLater<T extends { close(): Promise<void> }>(client: T): T {
    this.#clients.push(client);
    return client;
  }

  async start(): Promise<void> {
    this.#port = await lastingPort();
    const script = new ScriptProcess(`examples/${this.#name}/server.ts`, this.#port);
    this.#process = script;
    const settled = (): boolean => script.stdout.includes('http:') || !script.running;
    await eventually(settled, `the start of ${this.#name}`, START_MS);
    if (script.running) return;
    await script.ended;
    // Somebody else took the port meanwhile.
    if (script.stderr.includes('EADDRINUSE')) await this.start();
    else throw new Error(script.stderr);
  }

  /** Sends it the signal with which processes are asked to begin anew. */
  hangUp(): void {
    this.#process?.kill('SIGHUP');
  }

  /** Asks it to stop, as a supervisor does, and expects it to do so by itself. */
  async stop(): Promise<void> {
    const script = this.#process;
    if (!script?.running) throw new Error(`${this.#name} is gone: ${String(script?.stderr)}`);
    script.kill('SIGTERM');
    const overdue = setTimeout(() => {
      script.kill('SIGKILL');
    }, 30_000);
    const end = await script.ended;
    clearTimeout(overdue);
    await Promise.all(this.#clients.map((client) => client.close()));
    const { stderr } = script;
    expect({ ...end, stderr }).toEqual({ code: 0, signal: null, stderr: '' });
  }
}

/** Runs an example for all tests of a file. */
export function runExample(name: string): RunningExample {
  const example = new RunningExample(name);
  beforeAll(() => example.start(), 2 * START_MS);
  afterAll(() => example.stop());
  return example;
}

/** The text that a tool has answered with. */
export function textOf(result: Record<string, unknown>): string {
  const blocks = result.content as { text: string }[];
  return blocks.map(({ text }) => text).join('\n');
}
