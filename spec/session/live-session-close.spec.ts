import { expect, it } from 'vitest';

import { McpSseError } from '../../lib/errors.js';
import { eventually } from '../support/eventually.js';
import { notification, request, result } from '../support/messages.js';
import { outcomeOf } from '../support/outcome.js';
import { rounds } from '../support/rounds.js';
import { SessionRig } from '../support/session-rig.js';

/** A session whose reader has stopped: the endpoint event is written and never drained. */
async function stalled(): Promise<SessionRig> {
  const rig = SessionRig.open();
  rig.response.answers.push(false);
  await rounds(2);
  return rig;
}

it('[31] closes once, with the first reason', () => {
  const rig = SessionRig.open();
  rig.session.close('first');
  rig.session.close('second');
  rig.session.sender.dropConnection(new McpSseError('write-failed', 'gone'));
  rig.response.close();
  expect(rig.reported('closed')).toEqual(['first']);
  expect(rig.sinkClosed).toBe(1);
});

it('[31] closes once when its own signal, sink and observer close it again', () => {
  const rig = SessionRig.open();
  rig.take(request(1));
  rig.session.signal.addEventListener('abort', () => {
    rig.session.close('from the signal');
  });
  rig.session.receiver.inFlight.signal(1).addEventListener('abort', () => {
    rig.response.close();
  });
  rig.session.close('the first');
  expect(rig.reported('closed')).toEqual(['the first']);
  expect(rig.sinkClosed).toBe(1);
});

it('is closed by its client as client-disconnected, without an error', () => {
  const rig = SessionRig.open();
  rig.response.close();
  expect(rig.reported('closed')).toEqual(['client-disconnected']);
  expect(rig.reported('failed')).toEqual([]);
});

it('is closed by a failing connection with the error as its reason', () => {
  const rig = SessionRig.open();
  rig.response.emit('error', new Error('EPIPE'));
  expect(rig.reported('failed')).toEqual(['write-failed']);
  expect(rig.reported('closed')).toEqual(['write-failed']);
});

it('aborts its signal with session-closed, whether it was read before or after', () => {
  const { session } = SessionRig.open();
  const before = session.signal;
  expect(before.aborted).toBe(false);
  session.close();
  expect(before.aborted).toBe(true);
  expect(session.signal).toBe(before);
  expect(before.reason).toMatchObject({ code: 'session-closed' });

  const late = SessionRig.open().session;
  late.close();
  expect(late.signal.aborted).toBe(true);
});

it('cancels running requests, counts them as discarded, and forgets them', () => {
  const rig = SessionRig.open();
  rig.take(request(1), request(2));
  const { inFlight } = rig.session.receiver;
  const signal = inFlight.signal(2);
  rig.session.close();
  expect(signal.aborted).toBe(true);
  expect(rig.reported('discarded')).toEqual([2]);
  expect(rig.session.inFlight).toBe(0);
});

it('[37] refuses to send after its end, and counts each refused message once', async () => {
  const rig = SessionRig.open();
  rig.take(request(1));
  rig.session.close();
  await expect(rig.session.notify('late')).rejects.toMatchObject({ code: 'session-closed' });
  await expect(rig.session.send(result(1))).rejects.toMatchObject({ code: 'session-closed' });
  const asked = rig.session.request('roots/list');
  await expect(asked).rejects.toMatchObject({ code: 'session-closed' });
  // The request in flight, the notification, the request: the late answer is the request's.
  expect(rig.reported('discarded')).toEqual([1, 1, 1]);
});

it('[37] does not send a message whose encoding closes the session', async () => {
  const rig = SessionRig.open();
  const closing = {
    toJSON: () => {
      rig.session.close();
      return {};
    },
  };
  const sent = rig.session.notify('late', { closing });
  await expect(sent).rejects.toMatchObject({ code: 'session-closed' });
  await rig.session.finished();
  expect([rig.written, rig.reported('sent'), rig.reported('discarded')]).toEqual([[], [], [1]]);
});

it('[33] delivers messages that were sent before a graceful close, then ends the stream', async () => {
  const rig = SessionRig.open();
  void rig.session.notify('first');
  void rig.session.notify('last');
  rig.session.close();
  await rig.session.finished();
  expect(rig.written).toEqual([notification('first'), notification('last')]);
  expect(rig.response.writableEnded).toBe(true);
});

it('[33] delivers more than the writer has room for before it ends', async () => {
  const rig = SessionRig.open({ maxBufferedBytes: 10_000_000 });
  for (let index = 0; index < 40; index += 1) {
    void rig.session.notify('big', { index, text: 'x'.repeat(20_000) });
  }
  rig.session.close();
  await rig.session.finished();
  expect(rig.written.map((message) => 'params' in message && message.params?.index)).toEqual(
    Array.from({ length: 40 }, (_, index) => index),
  );
});

it.each(['client-disconnected', 'write-timeout', 'ping-timeout'])(
  'destroys the stream at once if no client reads any more: %s',
  async (reason) => {
    const rig = SessionRig.open();
    void rig.session.notify('lost');
    rig.session.close(reason);
    await rig.session.finished();
    expect(rig.response.destroyed).toBe(true);
    expect(rig.response.writableEnded).toBe(false);
    expect(rig.written).toEqual([]);
  },
);

it('[32] closes at once while a write waits for drain', async () => {
  const rig = await stalled();
  const big = { text: 'x'.repeat(70_000) };
  const held = outcomeOf(rig.session.notify('held', big));
  rig.session.close('now');
  // Not one round of the loop has passed: a close that waited for the lock would not be here.
  expect(rig.session.state).toBe('closed');
  expect(rig.reported('closed')).toEqual(['now']);
  await rounds();
  expect(held.code).toBe('session-closed');
});

it('[33] gives up on a client that does not read the last events, and reports it', async () => {
  const rig = await stalled();
  void rig.session.send(result(1));
  rig.session.close();
  const finished = outcomeOf(rig.session.finished());
  await rounds(3);
  expect(finished.state).toBe('pending');
  rig.session.sender.dropConnection(new McpSseError('write-timeout', 'late'));
  await eventually(() => finished.state === 'resolved');
  expect(rig.response.destroyed).toBe(true);
  expect(rig.reported('failed')).toEqual(['write-timeout']);
  expect(rig.reported('closed')).toEqual(['server-closed']);
});
