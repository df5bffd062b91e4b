// Run by spec/testing/runners.spec.ts: the kit under node:test. The deadline is so long that a timer
// which is left behind keeps the process alive.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';

import express from 'express';

import { mcpSse } from '../../../lib/index.js';
import { openSession, type TestSession } from '../../../lib/testing/index.js';

const PATIENT = { timeoutMs: 600_000 };
const mcp = mcpSse();
const server = createServer(express().use(mcp));
let session: TestSession;

before(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  session = await openSession(server, PATIENT);
});

after(async () => {
  await session.close();
  assert.equal(mcp.sessions.size, 0);
  server.close();
  await once(server, 'close');
});

void test('waits for messages', async () => {
  assert.deepEqual(await session.request('tools/list'), { tools: [] });
  await assert.rejects(session.request('no/such'), { name: 'JsonRpcError', code: -32601 });
  const wait = session.next('notifications/hello');
  await mcp.sessions.get(session.sessionId)?.notify('notifications/hello', { to: 'all' });
  assert.deepEqual((await wait).params, { to: 'all' });
});

void test('starts an application', async () => {
  const mcp = mcpSse({ limits: { maxBodyBytes: 1_000 } });
  const own = await openSession(express().use(mcp), PATIENT);
  const text = 'x'.repeat(1_000);
  await assert.rejects(own.request('ping', { text }), { name: 'RefusedError', status: 413 });
  const wait = own.next('never');
  own.drop();
  await assert.rejects(wait, /the test has dropped/);
  assert.equal(await own.closed, 'dropped');
  await own.close();
});

void test('leaves nothing open when it is refused', async () => {
  const opening = openSession(server, { ...PATIENT, path: '/elsewhere' });
  await assert.rejects(opening, { name: 'RefusedError', status: 404 });
});
