import { expect, it } from 'vitest';

import type { JsonRpcFailure } from '../../lib/index.js';
import { eventually } from '../support/eventually.js';
import { cyclic, notification, request, result } from '../support/messages.js';
import { outcomeOf } from '../support/outcome.js';
import { rounds } from '../support/rounds.js';
import { SessionRig } from '../support/session-rig.js';

it('goes from detached to open to closed, and never back', () => {
  const rig = new SessionRig();
  const { session, response } = rig;
  expect(session.state).toBe('detached');
  rig.attach();
  expect(session.state).toBe('open');
  session.close();
  expect(session.state).toBe('closed');
  response.close();
  expect(session.state).toBe('closed');
});

it('writes messages that were sent before the stream was attached after the first event', async () => {
  const rig = new SessionRig();
  await rig.session.notify('early');
  rig.attach();
  await rig.session.notify('late');
  await eventually(() => rig.written.length === 2);
  expect(rig.response.text).toMatch(/^event: endpoint\n/);
  expect(rig.written).toEqual([notification('early'), notification('late')]);
});

it('keeps the times of its opening and of its last message', async () => {
  const rig = SessionRig.open();
  const { openedAt } = rig.session;
  expect(Math.abs(openedAt.getTime() - Date.now())).toBeLessThan(10_000);
  const activeAt = (): number => rig.session.lastActiveAt.getTime();
  const atOpen = activeAt();
  await eventually(() => Date.now() > atOpen + 1);
  await rig.session.notify('out');
  const atSend = activeAt();
  expect(atSend).toBeGreaterThan(atOpen);
  await eventually(() => Date.now() > atSend + 1);
  rig.take(notification('in'));
  expect(activeAt()).toBeGreaterThan(atSend);
  expect(rig.session.openedAt).toEqual(openedAt);
});

it('does not count keep-alives, pings included, as activity', async () => {
  const rig = SessionRig.open();
  const { lastActiveAt } = rig.session;
  await eventually(() => Date.now() > lastActiveAt.getTime() + 1);
  rig.session.keepAlive();
  rig.session.ping({ timeoutMs: 1_000, strict: true });
  expect(rig.session.lastActiveAt).toEqual(lastActiveAt);
});

it('counts a request as in flight from its delivery to its answer', async () => {
  const rig = SessionRig.open();
  rig.take(request(1), request(2));
  expect(rig.session.inFlight).toBe(2);
  await rig.session.send(result(1));
  expect(rig.session.inFlight).toBe(1);
  await rig.session.send(result(2));
  expect(rig.session.inFlight).toBe(0);
});

it('sends an error without an id, which does not affect running requests', async () => {
  const rig = SessionRig.open();
  rig.take(request(1));
  const error: JsonRpcFailure = {
    jsonrpc: '2.0',
    id: null,
    error: { code: -32700, message: 'Parse error' },
  };
  await rig.session.send(error);
  expect(rig.session.inFlight).toBe(1);
  await eventually(() => rig.written.length === 1);
  expect(rig.written).toEqual([error]);
});

it('accepts the messages of one POST all or none', () => {
  const rig = SessionRig.open({ maxConcurrentRequests: 2 });
  const batch = [notification(), request(1), request(2), request(3)];
  expect(() => {
    rig.take(...batch);
  }).toThrow(expect.objectContaining({ code: 'too-many-in-flight' }));
  expect(rig.delivered).toEqual([]);
  rig.take(...batch.slice(0, 3));
  expect(rig.delivered).toEqual(batch.slice(0, 3));
});

it('answers a request if the server throws, and reports the throw', async () => {
  const rig = SessionRig.open();
  rig.onDeliver = () => {
    throw new Error('secret');
  };
  rig.take(notification(), request(7));
  await eventually(() => rig.written.length === 1);
  expect(rig.written).toEqual([
    { jsonrpc: '2.0', id: 7, error: { code: -32603, message: 'Internal error' } },
  ]);
  expect(rig.reported('failed')).toEqual(['server-failed', 'server-failed']);
});

it('delivers nothing after a message whose handling has closed the session', () => {
  const rig = SessionRig.open();
  rig.onDeliver = () => {
    rig.session.close();
  };
  rig.take(notification('first'), request(1), notification('last'));
  expect(rig.delivered).toEqual([notification('first')]);
});

it('does not deliver a message whose hook has closed the session', () => {
  const rig = SessionRig.open();
  rig.onReceived = () => {
    rig.session.close();
  };
  rig.take(request(1));
  expect(rig.delivered).toEqual([]);
  expect(rig.reported('discarded')).toEqual([1]);
});

it('refuses messages of the client once it is closed', () => {
  const rig = SessionRig.open();
  rig.session.close();
  expect(() => {
    rig.take(notification());
  }).toThrow(expect.objectContaining({ code: 'session-not-found' }));
  expect(rig.delivered).toEqual([]);
});

it('holds a producer above the high-water mark until the client has read enough', async () => {
  const rig = SessionRig.open();
  rig.response.answers.push(false);
  await rounds(2); // The endpoint event is written, and waits for drain.
  const big = { text: 'x'.repeat(40_000) };
  const first = outcomeOf(rig.session.notify('first', big));
  const second = outcomeOf(rig.session.notify('second', big));
  await rounds();
  expect([first.state, second.state]).toEqual(['resolved', 'pending']);
  expect(rig.session.bufferedBytes).toBeGreaterThan(80_000);
  rig.response.drain();
  await eventually(() => second.state === 'resolved' && rig.session.bufferedBytes === 0);
});

it('writes no keep-alive while messages wait: they show life themselves', async () => {
  const rig = SessionRig.open();
  rig.response.answers.push(false);
  await rounds(2);
  await rig.session.notify('waits');
  rig.session.keepAlive();
  rig.response.drain();
  await eventually(() => rig.written.length === 1);
  expect(rig.response.text).not.toContain(': keep-alive');
  rig.session.keepAlive();
  await eventually(() => rig.response.text.endsWith(': keep-alive\n'));
});

it('[14] queues what a drain listener sends without awaiting it', async () => {
  const rig = new SessionRig();
  let drains = 0;
  // Added before the writer's own: it runs while the turn that waits still holds the lock.
  rig.response.on('drain', () => {
    drains += 1;
    void rig.session.notify('from drain');
  });
  rig.attach();
  rig.response.answers.push(false, true);
  await rounds(2);
  void rig.session.notify('first');
  rig.response.drain();
  await eventually(() => rig.written.length === 2);
  expect(rig.written).toEqual([notification('first'), notification('from drain')]);
  expect(drains).toBe(1);
  expect(rig.response.faults).toEqual([]);
});

it('[14] refuses messages that a close listener sends, without an unhandled rejection', async () => {
  const rig = new SessionRig();
  rig.response.on('close', () => void rig.session.notify('from close'));
  rig.attach();
  rig.session.signal.addEventListener('abort', () => void rig.session.notify('from abort'));
  rig.response.close();
  await rounds(2);
  expect(rig.written).toEqual([]);
  expect(rig.response.faults).toEqual([]);
});

it('[8] writes no byte of an invalid message, and the next one whole', async () => {
  const rig = SessionRig.open();
  await rounds(2);
  const before = rig.response.text;
  for (const value of [cyclic(), { params: { value: 1n } }, undefined, 'text', 7, []]) {
    const sent = rig.session.send(value as never);
    await expect(sent).rejects.toMatchObject({ code: 'not-serializable' });
  }
  await rounds(2);
  expect(rig.response.text).toBe(before);
  await rig.session.notify('next');
  await eventually(() => rig.written.length === 1);
  expect(rig.session.state).toBe('open');
});

it('[16] accepts a single message larger than its bound if nothing else waits', async () => {
  const rig = SessionRig.open({ maxBufferedBytes: 1_000 });
  await rounds(2);
  await rig.session.notify('big', { text: 'x'.repeat(5_000) });
  await eventually(() => rig.written.length === 1);
  expect(rig.session.state).toBe('open');
});

it('[17] is closed by a message that does not fit, and reports that', async () => {
  const rig = SessionRig.open({ maxBufferedBytes: 1_000 });
  rig.response.answers.push(false);
  await rounds(2);
  rig.take(request(1));
  void rig.session.notify('fits', { text: 'x'.repeat(800) });
  const answer = outcomeOf(rig.session.send(result(1, { text: 'x'.repeat(800) })));
  await rounds();
  expect(answer.code).toBe('session-closed');
  expect(answer.error).toMatchObject({ cause: { code: 'buffer-overflow' } });
  expect(rig.reported('failed')).toEqual(['buffer-overflow']);
  expect(rig.reported('closed')).toEqual(['buffer-overflow']);
  expect(rig.reported('discarded')).toEqual([1]);
});
