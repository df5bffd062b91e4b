import type { FetchLike } from '../../lib/client/resumable-fetch.js';
import type { JsonRpcNotification, JsonRpcResult } from '../../lib/index.js';
import type { OrdealClient } from './ordeal.js';
import { post } from './stream-client.js';

/** The class of one version of the `eventsource` package. */
export type Source = new (
  url: string,
  options: { fetch: FetchLike },
) => {
  addEventListener(type: string, listener: (event: { data: string }) => void): void;
  close(): void;
};

/** A small MCP client on a bare EventSource. */
export async function connectEventSource(
  Source: Source,
  url: string,
  fetch: FetchLike,
): Promise<OrdealClient> {
  const seen: number[] = [];
  const waiting = new Map<number, (result: Record<string, unknown>) => void>();
  let endpoint = '';
  const source = new Source(url, { fetch });
  source.addEventListener('message', ({ data }) => {
    const message = JSON.parse(data) as JsonRpcResult | JsonRpcNotification;
    if ('id' in message) waiting.get(Number(message.id))?.(message.result);
    else seen.push(Number(message.params?.data));
  });
  await new Promise<void>((resolve) => {
    source.addEventListener('endpoint', ({ data }) => {
      endpoint = new URL(data, url).href;
      resolve();
    });
  });
  let lastId = 0;
  const request = (method: string, params = {}): Promise<Record<string, unknown>> => {
    const id = (lastId += 1);
    const answer = new Promise<Record<string, unknown>>((resolve) => waiting.set(id, resolve));
    return post(endpoint, { jsonrpc: '2.0', id, method, params }).then(() => answer);
  };
  await request('initialize', { protocolVersion: '2024-11-05' });
  await post(endpoint, { jsonrpc: '2.0', method: 'notifications/initialized' });
  return {
    seen,
    async call(name) {
      const { content } = await request('tools/call', { name });
      return (content as { text: string }[])[0]?.text ?? '';
    },
    close: () => {
      source.close();
    },
  };
}
