import { EventSource } from 'eventsource';

import type { FetchLike } from '../../../lib/client/index.js';
import type { JsonRpcMessage } from '../../../lib/index.js';
import { within } from '../../support/program/waiting.js';
import { CLIENT_NAME } from '../balancer.js';
import type { Connection, ConnectionListener } from './connection.js';

/** A node can be lost in the middle of a handshake. */
const CONNECT_MS = 20_000;

/** An error of JSON-RPC. */
class RpcError extends Error {
  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
}

interface Waiter {
  resolve(result: Record<string, unknown>): void;
  reject(error: Error): void;
}

/** A client on a standard `EventSource`, which comes back with `Last-Event-ID`. */
export async function connectRaw(
  name: string,
  url: string,
  listener: ConnectionListener,
): Promise<Connection> {
  const own = { [CLIENT_NAME]: name };
  const withName: FetchLike = (where, init) =>
    fetch(where, { ...init, headers: { ...headersOf(init), 'Mcp-Sse-Resume': '1', ...own } });
  const source = new EventSource(url, { fetch: withName });
  const client = new RawClient(own, listener);
  source.addEventListener('message', ({ data }) => {
    client.take(JSON.parse(String(data)) as JsonRpcMessage);
  });
  source.addEventListener('error', ({ code, message }) => {
    if (code === undefined) return;
    listener.onError(new Error(`${String(code)} ${String(message)}`));
    if (code === 404) listener.onLost();
  });
  const begin = async (): Promise<void> => {
    await new Promise<void>((resolve, reject) => {
      source.addEventListener('endpoint', ({ data }) => {
        client.endpoint = new URL(String(data), url).href;
        resolve();
      });
      source.addEventListener('error', ({ code }) => {
        if (code !== undefined) reject(new Error(`the first GET was answered ${code}`));
      });
    });
    const clientInfo = { name, version: '1' };
    const protocolVersion = '2025-06-18';
    await client.request('initialize', { protocolVersion, capabilities: {}, clientInfo });
    await client.post({ jsonrpc: '2.0', method: 'notifications/initialized' });
  };
  try {
    await within(begin(), CONNECT_MS, 'the handshake');
  } catch (error) {
    source.close();
    throw error;
  }
  return {
    async call(tool) {
      const { content } = await client.request('tools/call', { name: tool, arguments: {} });
      return (content as { text: string }[])[0]?.text ?? '';
    },
    setLevel: () => client.request('logging/setLevel', { level: 'warning' }),
    subscribe: (uri) => client.request('resources/subscribe', { uri }),
    close: async () => {
      source.close();
      client.end();
    },
  };
}

class RawClient {
  endpoint = '';
  readonly #waiting = new Map<number, Waiter>();
  #lastId = 0;

  constructor(
    private readonly headers: Readonly<Record<string, string>>,
    private readonly listener: ConnectionListener,
  ) {}

  async post(message: JsonRpcMessage): Promise<void> {
    const headers = { 'Content-Type': 'application/json', ...this.headers };
    const answer = await fetch(this.endpoint, {
      method: 'POST',
      headers,
      body: JSON.stringify(message),
    });
    if (answer.status !== 202) throw new Error(`POST was answered ${answer.status}`);
  }

  async request(method: string, params: Record<string, unknown>): Promise<Record<string, unknown>> {
    const id = (this.#lastId += 1);
    return new Promise<Record<string, unknown>>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      // What is refused is not answered.
      this.post({ jsonrpc: '2.0', id, method, params }).catch(reject);
    });
  }

  take(message: JsonRpcMessage): void {
    if ('method' in message) {
      if ('id' in message) void this.#answer(message.id);
      else this.listener.onData(message.params?.data);
      return;
    }
    const waiter = this.#waiting.get(Number(message.id));
    this.#waiting.delete(Number(message.id));
    if ('result' in message) waiter?.resolve(message.result);
    else waiter?.reject(new RpcError(message.error.code, message.error.message));
  }

  /** No answer comes any more. */
  end(): void {
    for (const { reject } of this.#waiting.values()) reject(new Error('the connection is closed'));
    this.#waiting.clear();
  }

  async #answer(id: string | number): Promise<void> {
    // It can be pinged, and nothing else.
    await this.post({ jsonrpc: '2.0', id, result: {} }).catch(this.listener.onError);
  }
}

function headersOf(init: RequestInit | undefined): Record<string, string> {
  return Object.fromEntries(new Headers(init?.headers));
}
