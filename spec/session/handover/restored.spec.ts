import { expect, it } from 'vitest';

import type { SessionState } from '../../../lib/session/handover/session-state.js';
import { LiveSession } from '../../../lib/session/live-session.js';
import { ResumeStrategy } from '../../../lib/session/resume/resume-strategy.js';
import { ConnectionWriter } from '../../../lib/stream/connection-writer.js';
import { encodeMessage } from '../../../lib/wire/sse-encoder.js';
import { FakeResponse } from '../../support/fake-response.js';
import { rounds } from '../../support/rounds.js';
import { SessionRig } from '../../support/session-rig.js';

const LIMITS = {
  ...{ maxBufferedBytes: 1_000, writeTimeoutMs: 5_000, maxConcurrentRequests: 10 },
  ...{ maxEvents: 10, maxBytes: 1_000 },
};
const frames = [1, 2, 3].map((n) => {
  return encodeMessage({ jsonrpc: '2.0', method: 'number', params: { n, text: 'x'.repeat(200) } });
});

/** Two of its three messages were given to its client. */
function restored(strategy: ResumeStrategy, position = 2): LiveSession {
  const state: SessionState = {
    ...{ id: 'one', epoch: 1, saved: false, messagesIn: 0, messagesOut: 3 },
    ...{ openedAt: Date.now(), lastActiveAt: Date.now() },
    handshake: { answered: true, subscriptions: [] },
    sender: {
      ...{ strategy: strategy.state(), first: 1, position, frames: frames.map(({ text }) => text) },
      ...{ acknowledged: 0, handshakeOffset: 0, acks: [] },
    },
  };
  const { observer } = new SessionRig();
  const own = ResumeStrategy.restored('node-of-test', state.sender.strategy);
  return new LiveSession('one', undefined, undefined, LIMITS, observer, own, state);
}

it('counts as detached until it has a stream, which may be that of its former node', () => {
  const waiting = restored(new ResumeStrategy('node-of-test', { ids: true }));
  expect(waiting.state).toBe('detached');
  expect(waiting.ages(performance.now() + 1_000).detached).toBeGreaterThan(999);
  waiting.adopt(new ConnectionWriter(new FakeResponse(), LIMITS));
  expect(waiting.state).toBe('open');
  // The sweeper ends what is detached for long.
  expect(waiting.ages(performance.now() + 1_000).detached).toBe(0);
});

it('bounds unread messages of its former node like its own', async () => {
  const all = frames.reduce((sum, { bytes }) => sum + bytes, 0);
  const waiting = restored(new ResumeStrategy('node-of-test', { ids: true }), 0);
  expect(waiting.bufferedBytes).toBe(all);
  expect(restored(new ResumeStrategy('node-of-test', { ids: true })).bufferedBytes).toBe(
    frames[2]!.bytes,
  );
  const response = new FakeResponse();
  waiting.adopt(new ConnectionWriter(response, LIMITS));
  await rounds(2);
  expect(waiting.bufferedBytes).toBe(0);
  expect(response.text.match(/"n":\d/g)).toEqual(['"n":1', '"n":2', '"n":3']);
});

it('accepts only positions that its former node has announced', () => {
  const strategy = new ResumeStrategy('node-of-test', { positions: true });
  const announced = /n=(\S+)/.exec(strategy.endpointEvent('/message', 2))?.[1];
  const { resumeStrategy } = restored(strategy).sender;
  expect(resumeStrategy.offsetOf(announced)).toBe(2);
  expect(resumeStrategy.offsetOf(announced?.replace('2.', '1.'))).toBeUndefined();
  const other = new ResumeStrategy('node-of-test', { positions: true });
  const foreign = /n=(\S+)/.exec(other.endpointEvent('/message', 2))?.[1];
  expect(resumeStrategy.offsetOf(foreign)).toBeUndefined();
});

it('resolves the sends of waiting producers when it moves', async () => {
  const rig = new SessionRig({ maxBufferedBytes: 1 << 20 });
  const sent = rig.session.notify('number', { text: 'x'.repeat(100_000) });
  rig.session.leave('other');
  await sent;
  await expect(rig.session.notify('number')).rejects.toMatchObject({ code: 'session-closed' });
});

it('does not move once it has closed', () => {
  const rig = SessionRig.open();
  rig.session.close();
  rig.session.leave('other');
  expect(rig.reported('closed')).toHaveLength(1);
  expect(rig.reported('handedOver')).toEqual([]);
});
