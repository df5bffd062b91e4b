import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { ConnectionWriter } from '../../lib/index.js';
import { FakeResponse } from '../support/fake-response.js';
import { result } from '../support/messages.js';
import { rounds } from '../support/rounds.js';
import { SessionRig } from '../support/session-rig.js';

vi.mock('../../lib/util/timers.js', () => import('../support/fakeable-timers.js'));

const TIMEOUT_MS = 1_000;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});

afterEach(() => {
  vi.useRealTimers();
});

async function timeOut(): Promise<void> {
  vi.advanceTimersByTime(TIMEOUT_MS);
  await rounds(2);
}

it('ends the connection on which a ping was not answered', async () => {
  const rig = SessionRig.open();
  rig.session.ping(TIMEOUT_MS);
  await timeOut();
  expect([rig.session.state, rig.response.destroyed]).toEqual(['closed', true]);
  expect(rig.reported('closed')).toEqual(['ping-timeout']);
});

it('asks one thing at a time, and again once that is answered', async () => {
  const rig = SessionRig.open();
  rig.session.ping(TIMEOUT_MS);
  rig.session.ping(TIMEOUT_MS);
  await rounds();
  expect(rig.written).toHaveLength(1);
  rig.take(result((rig.written[0] as { id: string }).id));
  await rounds();
  rig.session.ping(TIMEOUT_MS);
  await rounds();
  expect(rig.written).toHaveLength(2);
});

it('[38] leaves alone a connection that has come since it asked', async () => {
  const rig = SessionRig.open();
  rig.session.ping(TIMEOUT_MS);
  const newer = new FakeResponse();
  rig.session.attach(new ConnectionWriter(newer), '/message', 1);
  await timeOut();
  expect([rig.session.state, rig.response.destroyed, newer.destroyed]).toEqual([
    'open',
    true,
    false,
  ]);
  // From now on it is this one that has to answer.
  rig.session.ping(TIMEOUT_MS);
  await timeOut();
  expect([rig.session.state, newer.destroyed]).toEqual(['closed', true]);
});
