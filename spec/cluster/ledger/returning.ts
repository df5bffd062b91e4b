import { expect } from 'vitest';

import { eventually } from '../../support/eventually.js';
import { request } from '../../support/messages.js';
import {
  beginAgainAsSdk,
  lastEndpoint,
  NEGOTIATED,
  openWithIds,
} from '../../support/returning-client.js';
import type { Served } from '../../support/serve.js';
import { post, type StreamClient } from '../../support/stream-client.js';

/** A client of the node that has lost its stream, and then been answered its call 1. */
export async function openAndMissAnswer(node: Served<unknown>): Promise<StreamClient> {
  const client = await openWithIds(`${node.url}/sse`);
  client.drop();
  await eventually(() => node.mcp.stats().detached === 1, 'the loss of the stream');
  await client.post(request(1, 'quick'));
  return client;
}

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
    const opened = again.next(({ event }) => event === 'endpoint', 20_000);
    if (await opened.catch(() => undefined)) return again;
    expect(again.text).toMatch(/retry: \d+\n\n$/);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
