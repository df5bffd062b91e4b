import { createServer } from 'node:http';

import express from 'express';
import { expect, it, onTestFinished } from 'vitest';

import { mcpSse } from '../../lib/index.js';
import { RawClient } from '../support/raw-client.js';
import { closed, listen } from '../support/serve.js';
import { StreamClient } from '../support/stream-client.js';
import { framed, HOST } from './request.js';
import { ID } from './case.js';

/** Long enough for a request that is on its way, and far from Node's five minutes. */
const REQUEST_MS = 400;

// What takes too long to arrive is node:http's to end, by `server.requestTimeout`: it says 408.
it('survives bodies and heads that never end, and keeps its streams', async () => {
  const mcp = mcpSse();
  const options = { requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS };
  const server = createServer(
    { ...options, connectionsCheckingInterval: 20 },
    process.env.MCP_SSE_WAY === 'listener' ? mcp.requestListener(express()) : express().use(mcp),
  );
  const port = await listen(server);
  onTestFinished(async () => {
    await mcp.close({ timeoutMs: 200 });
    await closed(server);
  });
  const beside = await StreamClient.open(`http://127.0.0.1:${port}/sse`);
  const [head] = framed(['Content-Length: 5000'], '');
  const slow = [
    `GET /sse HTTP/1.1\r\n${HOST}\r\nA: `,
    `${head.replace(ID, beside.sessionId)}{"jsonrpc":`,
    `${head.replace('Content-Length: 5000', 'Transfer-Encoding: chunked').replace(ID, beside.sessionId)}ffff\r\n{"a`,
  ];
  const clients = await Promise.all(slow.map(() => RawClient.connect(port)));
  for (const [index, client] of clients.entries()) client.write(slow[index]!);
  // Whatever comes in small pieces: it is no sign of life.
  const trickle = setInterval(() => {
    for (const client of clients) client.write('a');
  }, 20);
  onTestFinished(() => {
    clearInterval(trickle);
  });
  for (const client of clients) {
    await client.closed();
    expect(client.text).toBe('HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n');
  }
  // Its own request has been complete for longer than that.
  expect((await beside.request('ping')).result).toEqual({});
  expect(mcp.stats()).toMatchObject({
    sessions: 1,
    totals: { opened: 1, errors: {}, messagesIn: 1 },
  });
});
