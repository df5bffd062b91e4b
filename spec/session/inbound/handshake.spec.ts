import { expect, it } from 'vitest';

import { Handshake } from '../../../lib/session/inbound/handshake.js';
import { expectRefusal } from '../../support/refusal.js';
import { serve } from '../../support/serve.js';
import { StreamClient } from '../../support/stream-client.js';
import { notification, request, result } from '../../support/messages.js';

const CLIENT = {
  protocolVersion: '2025-06-18',
  clientInfo: { name: 'spec', version: '1.2.3', title: 'The spec' },
  capabilities: { sampling: {}, roots: { listChanged: true } },
};

it('sets clientInfo, capabilities and version of the session', async () => {
  const { url, mcp } = await serve();
  const client = await StreamClient.open(`${url}/sse`);
  const session = mcp.sessions.get(client.sessionId)!;
  expect(session.clientInfo).toBeUndefined();
  expect(session.clientCapabilities).toBeUndefined();
  expect(session.protocolVersion).toBeUndefined();
  await client.request('initialize', CLIENT);
  expect(session.clientInfo).toEqual(CLIENT.clientInfo);
  expect(session.clientCapabilities).toEqual(CLIENT.capabilities);
  expect(session.protocolVersion).toBe('2025-06-18');
});

it('takes the version from the answer, not from what the client asked for', async () => {
  const { url, mcp } = await serve();
  const client = await StreamClient.open(`${url}/sse`);
  await client.request('initialize', { ...CLIENT, protocolVersion: '1999-01-01' });
  expect(mcp.sessions.get(client.sessionId)?.protocolVersion).toBe('2025-11-25');
});

it('starts with initialize, and with nothing else', () => {
  const handshake = new Handshake();
  handshake.received(request(1, 'ping'));
  handshake.received(notification('initialize'));
  handshake.received(result(1));
  expect(handshake.started).toBe(false);
  handshake.received(request(0, 'initialize'));
  expect(handshake.started).toBe(true);
});

it('ignores members of the wrong type', () => {
  const handshake = new Handshake();
  const params = { clientInfo: { name: 'no version' }, capabilities: 'none' };
  handshake.received(request(1, 'initialize', params));
  handshake.sent(result(1, { protocolVersion: 2025 }));
  expect(handshake).toMatchObject({
    clientInfo: undefined,
    clientCapabilities: undefined,
    protocolVersion: undefined,
  });
});

it('reads the version from the answer to initialize alone', () => {
  const handshake = new Handshake();
  handshake.received(request('init', 'initialize', CLIENT));
  handshake.sent(result(1, { protocolVersion: 'of another answer' }));
  handshake.sent({ jsonrpc: '2.0', id: 'init', error: { code: 1, message: 'not yet' } });
  expect(handshake.protocolVersion).toBeUndefined();
  handshake.sent(result('init', { protocolVersion: '2024-11-05' }));
  handshake.sent(result('init', { protocolVersion: 'again' }));
  expect(handshake.protocolVersion).toBe('2024-11-05');
});

it('reads no version when nothing was initialized', () => {
  const handshake = new Handshake();
  handshake.sent(result(1, { protocolVersion: '2024-11-05' }));
  handshake.sent({ jsonrpc: '2.0', error: { code: -32700, message: 'no id at all' } });
  expect(handshake.protocolVersion).toBeUndefined();
});

// Kills: an id of megabytes that lives as long as its session, which nothing counts.
it('refuses an initialize with an id of over 256 characters', async () => {
  const { url } = await serve();
  const client = await StreamClient.open(`${url}/sse`);
  const initialize = (id: string) => client.post(request(id, 'initialize', CLIENT));
  expectRefusal(await initialize('x'.repeat(257)), 400, -32600);
  expect((await initialize('x'.repeat(256))).status).toBe(202);
});
