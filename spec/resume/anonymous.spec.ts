import { describe, expect, it } from 'vitest';

import type { McpSseOptions } from '../../lib/index.js';
import { eventually } from '../support/eventually.js';
import { Relay } from '../support/relay.js';
import {
  lastEndpoint,
  NEGOTIATED,
  numbers,
  onlySession,
  openAsSdk,
  openWithIds,
  returnAsSdk,
  returnWithId,
  sendNumbers,
} from '../support/returning-client.js';
import { serve } from '../support/serve.js';
import { post, type StreamClient } from '../support/stream-client.js';

/** As a trusted proxy tells the client's address. */
const from = (address: string): Record<string, string> => ({ 'X-Forwarded-For': address });
const HOME = from('203.0.113.1');
const ELSEWHERE = from('203.0.113.2');

function behindProxy(options: McpSseOptions = {}, trust: string | boolean = 'loopback') {
  return serve(
    { handler: () => ({}), ...options },
    { prepare: (app) => app.set('trust proxy', trust) },
  );
}

/** A client that was lost, at an address. */
async function lost(url: string, headers = HOME): Promise<StreamClient> {
  const client = await openAsSdk(`${url}/sse`, headers);
  client.drop();
  await client.end();
  return client;
}

// Kills: whoever has read the id of a session in a log is given its stream, with the replay.
describe('a client that answers a probe gets its anonymous session', () => {
  it('from the address that opened it, and from no other', async () => {
    const { url, mcp } = await behindProxy();
    const client = await lost(url);
    const session = onlySession(mcp);
    await eventually(() => session.state === 'detached');
    const other = await returnAsSdk(client, ELSEWHERE);
    expect(other.sessionId).not.toBe(client.sessionId);
    expect(session.state).toBe('detached');
    expect((await returnAsSdk(client, HOME)).sessionId).toBe(client.sessionId);
  });

  it('whatever an untrusted proxy sends', async () => {
    const { url } = await behindProxy({}, false);
    const client = await lost(url);
    expect((await returnAsSdk(client, ELSEWHERE)).sessionId).toBe(client.sessionId);
  });

  it("from any address with resume.anonymous: 'any'", async () => {
    const { url } = await behindProxy({ resume: { anonymous: 'any' } });
    const client = await lost(url);
    expect((await returnAsSdk(client, ELSEWHERE)).sessionId).toBe(client.sessionId);
  });

  it('from no address with resume.anonymous: false', async () => {
    const { url } = await behindProxy({ resume: { anonymous: false } });
    const client = await lost(url);
    expect((await returnAsSdk(client, HOME)).sessionId).not.toBe(client.sessionId);
  });
});

describe('a client may come from another address', () => {
  it('with its Last-Event-ID, which is a secret of its own', async () => {
    const { url } = await behindProxy({ resume: { anonymous: false } });
    const client = await openWithIds(`${url}/sse`, HOME);
    client.drop();
    const again = await returnWithId(client, ELSEWHERE);
    expect(again.endpoint).toBe(client.endpoint);
  });

  it('when it has a principal', async () => {
    const { url } = await behindProxy({ security: { principal: () => 'ann' } });
    const client = await lost(url);
    expect((await returnAsSdk(client, ELSEWHERE)).sessionId).toBe(client.sessionId);
  });
});

// Kills: somebody who reads a POST URL in a log makes the server let go of what its client missed.
it('an invented position never drops an unread message', async () => {
  const { port, mcp } = await serve({ handler: () => ({}) });
  const relay = await Relay.to(port);
  const client = await openAsSdk(`${relay.url}/sse`);
  const session = onlySession(mcp);
  const known = lastEndpoint(client);
  relay.loseClients();
  await client.end();
  // Written, and never read.
  await sendNumbers(session, 1, 3);
  for (const claim of ['4', '4.', '4.AAAAAAAA', known.replace(/.*n=1/, '4')]) {
    const forged = known.replace(/n=.*/, `n=${claim}`).replace(/:\d+/, `:${String(port)}`);
    await post(forged, { jsonrpc: '2.0', method: 'notifications/x' }, NEGOTIATED);
  }
  const again = await returnAsSdk(client);
  await eventually(() => numbers(again).length === 3);
  expect(numbers(again)).toEqual([1, 2, 3]);
});
