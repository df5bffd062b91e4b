// What both runners do while their fake timers are on: a client lists, calls and is told of progress.
import { createServer } from 'node:http';

import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import express from 'express';
import { mcpSse } from 'express-mcp-sse';

import { createServer as createMcpServer } from '../server.mjs';

/** @param advance lets the fake time pass */
export async function streams(advance) {
  const mcp = mcpSse({ server: createMcpServer });
  const server = createServer(express().use(mcp));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const client = new Client({ name: 'world', version: '1.0.0' });
  const url = new URL(`http://127.0.0.1:${server.address().port}/sse`);
  await client.connect(new SSEClientTransport(url));
  const names = (await client.listTools()).tools.map(({ name }) => name);
  await client.callTool({ name: 'greet', arguments: {} });
  await advance(3_600_000);
  const { content } = await client.callTool({ name: 'large', arguments: {} });
  await client.close();
  await mcp.close({ timeoutMs: 100 });
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  return [names.length, content[0].text.length];
}
