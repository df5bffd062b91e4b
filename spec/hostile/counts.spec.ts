import { describe, expect, it } from 'vitest';

import { McpSseError } from '../../lib/index.js';
import { eventually } from '../support/eventually.js';
import { openWhenFree } from '../support/open-when-free.js';
import {
  beginAgainAsSdk,
  FETCHES,
  openWithIds,
  returnWithId,
} from '../support/returning-client.js';
import { serve } from '../support/serve.js';
import { fetchText, StreamClient } from '../support/stream-client.js';

it.each([10, 1])(
  'evicts no detached session for callers that are refused, %i at once',
  async (crowd) => {
    const closed: string[] = [];
    const { url, mcp } = await serve({
      limits: { maxSessions: 3 },
      hooks: {
        onConnect: async (req) => {
          await new Promise((resolve) => setImmediate(resolve));
          if (req.headers['x-stranger']) throw new McpSseError('unauthorized', 'who are you?');
        },
        onSessionClose: ({ id }, reason) => void closed.push(`${id} ${reason}`),
      },
    });
    const clients: StreamClient[] = [];
    for (let n = 0; n < 3; n += 1) clients.push(await openWithIds(`${url}/sse`));
    for (const client of clients) client.drop();
    await eventually(() => mcp.stats().detached === 3);
    const headers = { 'X-Stranger': 'yes' };
    for (let left = 10; left > 0; left -= crowd) {
      const answers = await Promise.all(
        Array.from({ length: crowd }, () => fetchText(`${url}/sse`, { headers })),
      );
      // Of a crowd, those are refused for want of room for whom there is nobody to make it.
      expect(answers.map(({ status }) => status).filter((s) => s !== 401 && s !== 503)).toEqual([]);
      expect(answers.some(({ status }) => status === 401)).toBe(true);
    }
    expect([closed, mcp.stats().detached]).toEqual([[], 3]);
    for (const client of clients) await returnWithId(client);
    expect(mcp.stats()).toMatchObject({ sessions: 3, connected: 3 });
  },
);

describe('a made-up version', () => {
  const made = { ...FETCHES, 'Mcp-Protocol-Version': 'of-my-own' };

  it('does not escape the deadline of initialize; an answered request does escape it', async () => {
    const closed: string[] = [];
    const { url } = await serve({
      limits: { initializeTimeoutMs: 2_000 },
      resume: { probeTimeoutMs: 20 },
      hooks: { onSessionClose: ({ id }, reason) => void closed.push(`${id} ${reason}`) },
    });
    const idle = await StreamClient.open(`${url}/sse`, made);
    // It is asked who it is, says nothing, and gets a new session.
    const working = await StreamClient.open(`${url}/sse`, made);
    expect((await working.request('ping')).result).toEqual({});
    const silent = await StreamClient.open(`${url}/sse`, made);
    await idle.end();
    await silent.end();
    expect(closed).toEqual([
      `${idle.sessionId} initialize-timeout`,
      `${silent.sessionId} initialize-timeout`,
    ]);
    expect((await working.request('ping')).result).toEqual({});
  });

  it('does not escape it by requests that are not answered', async () => {
    const { url } = await serve({
      limits: { initializeTimeoutMs: 2_000 },
      resume: false,
      handler: () => new Promise(() => {}),
    });
    const client = await StreamClient.open(`${url}/sse`, made);
    await client.post({ jsonrpc: '2.0', id: 1, method: 'work' });
    await client.post({ jsonrpc: '2.0', method: 'note' });
    await client.end();
  });
});

describe('a stream whose client is probed', () => {
  it('takes a slot, and gives it back', async () => {
    const { url, mcp } = await serve({ limits: { maxSessions: 2 } });
    await StreamClient.open(`${url}/sse`);
    const asked = await beginAgainAsSdk(`${url}/sse`);
    await asked.nextMessage(({ method }) => method === 'ping');
    expect((await fetchText(`${url}/sse`, {})).status).toBe(503);
    // One more of its kind is told to come again.
    const again = await beginAgainAsSdk(`${url}/sse`);
    await again.end();
    expect(again.text).toMatch(/^retry: \d+\n\n$/);
    expect(mcp.stats().totals.refused).toEqual({ 'too-many-sessions': 2 });
    asked.drop();
    await openWhenFree(`${url}/sse`);
    expect((await fetchText(`${url}/sse`, {})).status).toBe(503);
  });

  it('has one slot, not two, when it becomes a session', async () => {
    const { url, mcp } = await serve({
      limits: { maxSessions: 2, initializeTimeoutMs: false },
      resume: { probeTimeoutMs: 20 },
    });
    await StreamClient.open(`${url}/sse`);
    const client = await StreamClient.open(`${url}/sse`, {
      ...FETCHES,
      'Mcp-Protocol-Version': 'x',
    });
    expect(client.status).toBe(200);
    expect((await fetchText(`${url}/sse`, {})).status).toBe(503);
    client.drop();
    await eventually(() => mcp.stats().connected === 1);
    await openWhenFree(`${url}/sse`);
  });
});
