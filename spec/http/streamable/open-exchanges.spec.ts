import { describe, expect, it } from 'vitest';

import { deferred } from '../../support/deferred.js';
import { serve } from '../../support/serve.js';

const STREAMABLE = {
  'Content-Type': 'application/json',
  Accept: 'application/json, text/event-stream',
  'MCP-Protocol-Version': '2025-11-25',
};

const post = (url: string, body = '{}', headers: Record<string, string> = STREAMABLE) =>
  fetch(`${url}/sse`, { method: 'POST', headers, body });

describe('shutdown', () => {
  it('lets answers finish, ends streams, and refuses later requests', async () => {
    const running = deferred();
    const answers = { streams: 0 };
    const { url, mcp } = await serve({
      streamableHttp: async (req, res) => {
        res.writeHead(200, { 'Content-Type': 'text/event-stream' }).flushHeaders();
        if (req.method === 'GET' || req.get('mcp-method') !== undefined) {
          answers.streams += 1;
          return;
        }
        if (req.get('mcp-session-id') === undefined) await running.promise;
        res.end('answered');
      },
    });
    const call = await post(url);
    const listen = await post(url, '{}', { ...STREAMABLE, 'Mcp-Method': 'subscriptions/listen' });
    const stream = await fetch(`${url}/sse`, { headers: { 'Mcp-Session-Id': '1' } });
    expect(answers.streams).toBe(2);
    const closing = mcp.close({ timeoutMs: 5_000 });
    expect((await post(url)).status).toBe(503);
    const late = await fetch(`${url}/sse`, { headers: { 'Mcp-Session-Id': '1' } });
    expect(late.status).toBe(503);
    // The answer to what a running tool has asked.
    const reply = await post(url, '{}', { ...STREAMABLE, 'Mcp-Session-Id': '1' });
    expect(await reply.text()).toBe('answered');
    running.resolve();
    expect(await call.text()).toBe('answered');
    await closing;
    await expect(stream.text()).rejects.toThrow();
    await expect(listen.text()).rejects.toThrow();
  });

  it('waits for an answer up to its timeout', async () => {
    const { url, mcp } = await serve({
      streamableHttp: (_req, res) => {
        res.writeHead(200).flushHeaders();
      },
    });
    const call = await post(url);
    await mcp.close({ timeoutMs: 20 });
    await expect(call.text()).rejects.toThrow();
  });
});
