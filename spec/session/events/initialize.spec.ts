import { expect, it } from 'vitest';

import type { ClientInfo } from '../../../lib/index.js';
import { notification } from '../../support/messages.js';
import { serve } from '../../support/serve.js';
import { StreamClient } from '../../support/stream-client.js';

const clientInfo = { name: 'c', version: '1' };
const INITIALIZE = {
  protocolVersion: '2025-06-18',
  clientInfo: { ...clientInfo, title: 'C', icons: [{ src: 'data:,x' }] },
  capabilities: { roots: {} },
};

async function watched() {
  const seen: unknown[] = [];
  const served = await serve({
    hooks: {
      onInitialize: ({ clientInfo: info, clientCapabilities, protocolVersion }) =>
        seen.push([info satisfies ClientInfo | undefined, clientCapabilities, protocolVersion]),
    },
  });
  return { client: await StreamClient.open(`${served.url}/sse`), seen, ...served };
}

const KNOWN = [{ ...clientInfo, title: 'C' }, { roots: {} }, '2025-06-18'];

it('onInitialize runs once, at notifications/initialized', async () => {
  const { client, seen } = await watched();
  await client.request('initialize', INITIALIZE);
  await client.request('ping');
  // [spec] Until then the server should send no request, which the hook might.
  expect(seen).toEqual([]);
  await client.post(notification('notifications/initialized'));
  expect(seen).toEqual([KNOWN]);
  await client.post(notification('notifications/initialized'));
  await client.request('tools/list');
  expect(seen).toHaveLength(1);
});

it('onInitialize runs at the first request of a client that omits the notification', async () => {
  const { client, seen } = await watched();
  await client.request('initialize', INITIALIZE);
  await client.request('tools/list');
  expect(seen).toEqual([KNOWN]);
});

it('onInitialize does not run for a client that never initialized', async () => {
  const { client, seen } = await watched();
  await client.request('tools/list');
  expect(seen).toEqual([]);
});

it.each([
  ['a name of 257 characters', { clientInfo: { name: 'n'.repeat(257), version: '1' } }],
  ['a version of 257 characters', { clientInfo: { name: 'n', version: '1'.repeat(257) } }],
  ['a title of 257 characters', { clientInfo: { ...clientInfo, title: 't'.repeat(257) } }],
  ['capabilities of over 16 KiB', { capabilities: { experimental: { x: 'y'.repeat(16_400) } } }],
])('refuses %s', async (_, params) => {
  const { client, mcp } = await watched();
  const { status } = await client.post({
    ...{ jsonrpc: '2.0', id: 1, method: 'initialize' },
    params: { ...INITIALIZE, ...params },
  });
  expect(status).toBe(400);
  expect(mcp.stats()).toMatchObject({ inFlight: 0, totals: { refused: { 'invalid-message': 1 } } });
  const [session] = mcp.sessions;
  expect(session?.clientInfo).toBeUndefined();
});

it('accepts names of 256 characters, and drops other members of clientInfo', async () => {
  const { client, mcp } = await watched();
  const name = 'n'.repeat(256);
  const info = { name, version: '1', icons: [{ src: 'x'.repeat(100_000) }], websiteUrl: 'x' };
  await client.request('initialize', { ...INITIALIZE, clientInfo: info });
  const [session] = mcp.sessions;
  expect(session?.clientInfo).toEqual({ name, version: '1' });
});
