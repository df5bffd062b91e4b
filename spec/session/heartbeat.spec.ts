import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import type { JsonRpcMessage } from '../../lib/index.js';
import type { PingRules } from '../../lib/session/heartbeat.js';
import { ConnectionWriter } from '../../lib/stream/connection-writer.js';
import { FakeResponse } from '../support/fake-response.js';
import { result } from '../support/messages.js';
import { rounds } from '../support/rounds.js';
import { SessionRig } from '../support/session-rig.js';

vi.mock('../../lib/util/timers.js', () => import('../support/fakeable-timers.js'));

const TIMEOUT_MS = 1_000;
const STRICT: PingRules = { timeoutMs: TIMEOUT_MS, strict: true };
const LENIENT: PingRules = { timeoutMs: TIMEOUT_MS, strict: false };

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});

afterEach(() => {
  vi.useRealTimers();
});

const refusal = (id: number): JsonRpcMessage => ({
  jsonrpc: '2.0',
  id,
  error: { code: -32601, message: 'ping?' },
});

async function timeOut(): Promise<void> {
  vi.advanceTimersByTime(TIMEOUT_MS);
  await rounds(2);
}

it('ends a connection after an unanswered ping', async () => {
  const rig = SessionRig.open();
  rig.session.ping(STRICT);
  await timeOut();
  expect([rig.session.state, rig.response.destroyed]).toEqual(['closed', true]);
  expect(rig.reported('closed')).toEqual(['ping-timeout']);
});

it('sends one ping at a time, and the next once that is answered', async () => {
  const rig = SessionRig.open();
  rig.session.ping(STRICT);
  rig.session.ping(STRICT);
  await rounds();
  expect(rig.written).toHaveLength(1);
  rig.take(result((rig.written[0] as { id: number }).id));
  await rounds();
  rig.session.ping(STRICT);
  await rounds();
  expect(rig.written).toHaveLength(2);
});

it('[38] does not end a connection that is newer than the ping', async () => {
  const rig = SessionRig.open();
  rig.session.ping(STRICT);
  const newer = new FakeResponse();
  rig.session.attach(new ConnectionWriter(newer), '/message', 1);
  await timeOut();
  expect([rig.session.state, rig.response.destroyed, newer.destroyed]).toEqual([
    'open',
    true,
    false,
  ]);
  // From now on it is this one that has to answer.
  rig.session.ping(STRICT);
  await timeOut();
  expect([rig.session.state, newer.destroyed]).toEqual(['closed', true]);
});

it('ignores the silence of a client that has never answered a ping', async () => {
  const rig = SessionRig.open();
  for (let ping = 0; ping < 3; ping += 1) {
    rig.session.ping(LENIENT);
    await timeOut();
  }
  expect(rig.session.state).toBe('open');
  expect(rig.written).toHaveLength(3);
});

it.each([
  ['a result', (id: number): JsonRpcMessage => result(id)],
  ['an error', refusal],
])('ends the connection of a client that has answered before, by %s', async (_, answer) => {
  const rig = SessionRig.open();
  rig.session.ping(LENIENT);
  await rounds();
  rig.take(answer((rig.written[0] as { id: number }).id));
  await rounds();
  rig.session.ping(LENIENT);
  await timeOut();
  expect(rig.reported('closed')).toEqual(['ping-timeout']);
});

it('does not take an answer to another request for one to a ping', async () => {
  const rig = SessionRig.open();
  void rig.session.request('roots/list');
  await rounds();
  rig.take(result((rig.written[0] as { id: number }).id));
  rig.session.ping(LENIENT);
  await timeOut();
  expect(rig.session.state).toBe('open');
});
