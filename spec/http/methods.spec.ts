import { describe, expect, it } from 'vitest';

import { expectStats } from '../support/expect-stats.js';
import { request } from '../support/messages.js';
import { RawClient } from '../support/raw-client.js';
import { expectRefusal } from '../support/refusal.js';
import { serve } from '../support/serve.js';
import { fetchText, post } from '../support/stream-client.js';

describe('[28] the stream URL', () => {
  it.each(['POST', 'PUT', 'PATCH', 'DELETE', 'TRACE', 'PROPFIND'])(
    'answers %s with 405 and opens no session',
    async (method) => {
      const { url, mcp } = await serve();
      const answer = await fetchText(`${url}/sse`, { method });
      expectRefusal(answer, 405, -32601);
      expect(answer.headers.allow).toBe('GET');
      expect(mcp.stats().totals.opened).toBe(0);
    },
  );

  it('answers HEAD with 405, no body and no session', async () => {
    const { url, mcp } = await serve();
    const { status, headers, body } = await fetchText(`${url}/sse`, { method: 'HEAD' });
    expect([status, headers.allow, body]).toEqual([405, 'GET', '']);
    expect(headers['content-type']).toBe('application/json');
    expect(mcp.stats().totals.opened).toBe(0);
  });

  it('answers OPTIONS with 204 and opens no session', async () => {
    const { url, mcp } = await serve();
    const { status, body } = await fetchText(`${url}/sse`, { method: 'OPTIONS' });
    expect([status, body]).toEqual([204, '']);
    expectStats(mcp, { totals: { opened: 0, refused: {}, errors: {} } });
  });

  // [spec] Streamable-first clients fall back to SSE on 405; a hang breaks them.
  it('answers the POST of a Streamable-first client with 405', async () => {
    const { url, mcp } = await serve();
    const initialize = request(1, 'initialize', { protocolVersion: '2025-06-18' });
    const accept = { Accept: 'application/json, text/event-stream' };
    const answer = await post(`${url}/sse`, initialize, accept);
    expectRefusal(answer, 405, -32601);
    expect(answer.headers.allow).toBe('GET');
    expect(mcp.stats().totals.opened).toBe(0);
  });

  it('answers a POST before its body has arrived', async () => {
    const { port } = await serve();
    const client = await RawClient.send(
      port,
      'POST /sse HTTP/1.1',
      'Host: localhost',
      'Content-Type: application/json',
      'Content-Length: 1000',
    );
    await client.received('"code":-32601');
    expect(client.status).toBe(405);
  });
});

it('answers HEAD for the message URL with 405, and OPTIONS with 204', async () => {
  const { url } = await serve();
  const head = await fetchText(`${url}/message?sessionId=x`, { method: 'HEAD' });
  expect([head.status, head.headers.allow, head.body]).toEqual([405, 'POST', '']);
  expect((await fetchText(`${url}/message`, { method: 'OPTIONS' })).status).toBe(204);
});
