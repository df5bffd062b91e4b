import { expect } from 'vitest';

import { beginAgainAsSdk, lastEndpoint, NEGOTIATED } from '../../support/returning-client.js';
import { post, type StreamClient } from '../../support/stream-client.js';

/**
 * Comes to another node as an SDK client does that has lost its stream, answers the probe there, and
 * comes once more when it is told to.
 */
export async function returnToNode(
  node: { readonly url: string },
  client: StreamClient,
  headers: Record<string, string> = {},
): Promise<StreamClient> {
  for (;;) {
    const again = await beginAgainAsSdk(`${node.url}/sse`, headers);
    const { id } = await again.nextMessage();
    const { search } = new URL(lastEndpoint(client));
    const answer = { jsonrpc: '2.0', id, result: {} };
    await post(`${node.url}/message${search}`, answer, { ...NEGOTIATED, ...headers });
    const opened = again.next(({ event }) => event === 'endpoint', 12_000);
    if (await opened.catch(() => undefined)) return again;
    expect(again.text).toMatch(/retry: \d+\n\n$/);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
