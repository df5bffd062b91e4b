import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import { expect, it, onTestFinished } from 'vitest';

import { StreamableSessions } from '../../lib/cli/streamable-sessions.js';

const URL = 'http://127.0.0.1/sse';
const HEADERS = {
  'Content-Type': 'application/json',
  Accept: 'application/json, text/event-stream',
};
const INITIALIZE = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: {
    protocolVersion: '2025-06-18',
    capabilities: {},
    clientInfo: { name: 'spec', version: '1' },
  },
};

const factory = (): McpServer => new McpServer({ name: 'spec', version: '1' });

function open(): StreamableSessions {
  const modern = createMcpHandler(factory);
  const sessions = new StreamableSessions(factory, modern);
  onTestFinished(async () => {
    await sessions.close();
    await modern.close();
  });
  return sessions;
}

async function initialize(sessions: StreamableSessions): Promise<string> {
  const body = JSON.stringify(INITIALIZE);
  const request = new Request(URL, { method: 'POST', headers: HEADERS, body });
  const response = await sessions.fetch(request);
  await response.text();
  return response.headers.get('mcp-session-id') ?? expect.fail('no session');
}

async function ping(sessions: StreamableSessions, id: string): Promise<number> {
  const response = await sessions.fetch(
    new Request(URL, {
      method: 'POST',
      headers: { ...HEADERS, 'Mcp-Session-Id': id, 'MCP-Protocol-Version': '2025-06-18' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 2, method: 'ping' }),
    }),
  );
  await response.text();
  return response.status;
}

it('keeps a hundred sessions and drops the oldest', async () => {
  const sessions = open();
  const ids: string[] = [];
  for (let count = 0; count < 101; count += 1) ids.push(await initialize(sessions));
  const statuses = await Promise.all(ids.map((id) => ping(sessions, id)));
  expect(statuses).toEqual([404, ...Array.from({ length: 100 }, () => 200)]);
});

it('keeps no state for a request that opens no session', async () => {
  const sessions = open();
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' });
  const request = new Request(URL, { method: 'POST', headers: HEADERS, body });
  expect((await sessions.fetch(request)).status).toBe(400);
  expect(await ping(sessions, 'unknown')).toBe(404);
});
