import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { SessionRegistry } from '../../lib/session/registry.js';
import { Sweeper, type SweepRules } from '../../lib/session/sweeper.js';
import { notification, request, result } from '../support/messages.js';
import { rounds } from '../support/rounds.js';
import { SessionRig } from '../support/session-rig.js';

vi.mock('../../lib/util/timers.js', () => import('../support/fakeable-timers.js'));

// The clock is the spec's; the rounds of the event loop, in which writes happen, are real.
beforeEach(() => {
  const timers = ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] as const;
  vi.useFakeTimers({ toFake: [...timers, 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const OFF: SweepRules = {
  keepAliveMs: false,
  ping: false,
  initializeTimeoutMs: false,
  idleTimeoutMs: false,
  windowMs: false,
  closedWindowMs: false,
};

/** A session under upkeep by the given rules, whose endpoint event is written. */
async function underUpkeep(rules: Partial<SweepRules>): Promise<SessionRig> {
  const registry = new SessionRegistry({ maxSessions: 1, maxSessionsPerPrincipal: 1 });
  const rig = SessionRig.open();
  registry.add(rig.session);
  new Sweeper(registry, { ...OFF, ...rules }).start();
  await rounds(2);
  return rig;
}

/** Lets time pass, and what is due be written. */
async function pass(seconds: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(seconds * 1_000);
  await rounds(3);
}

const comments = ({ response }: SessionRig): number =>
  response.text.split(': keep-alive\n').length - 1;

it('writes a comment to a stream that was silent for the interval, again and again', async () => {
  const rig = await underUpkeep({ keepAliveMs: 15_000 });
  await pass(14);
  expect(comments(rig)).toBe(0);
  await pass(2);
  expect(comments(rig)).toBe(1);
  expect(rig.response.text).toMatch(/\n\n: keep-alive\n$/);
  await pass(16);
  expect(comments(rig)).toBe(2);
});

it('writes no comment to a stream with outgoing messages', async () => {
  const rig = await underUpkeep({ keepAliveMs: 15_000 });
  for (let message = 0; message < 6; message += 1) {
    await pass(10);
    await rig.session.notify('busy');
    await rounds(2);
  }
  expect(comments(rig)).toBe(0);
});

it('writes no comment if keep-alives are off', async () => {
  const rig = await underUpkeep({});
  await pass(3_600);
  expect(rig.response.writes).toHaveLength(1);
  expect(rig.session.state).toBe('open');
});

it('sends a ping instead of a comment, and the next when it is answered', async () => {
  const rig = await underUpkeep({ keepAliveMs: 15_000, ping: { timeoutMs: 60_000, strict: true } });
  await pass(20);
  expect(rig.written).toEqual([expect.objectContaining({ method: 'ping' })]);
  expect(comments(rig)).toBe(0);
  rig.take(result(idOf(rig.written[0])));
  await pass(16);
  expect(rig.written).toHaveLength(2);
  expect(rig.delivered).toEqual([]);
});

it('writes comments while a ping waits for its answer, because proxies do not wait that long', async () => {
  const rig = await underUpkeep({
    keepAliveMs: 15_000,
    ping: { timeoutMs: 60_000, strict: true },
  });
  await pass(62);
  expect(rig.written).toHaveLength(1);
  expect(comments(rig)).toBe(3);
});

it('sends pings on a busy stream, too: outgoing messages prove nothing about the client', async () => {
  const rig = await underUpkeep({ keepAliveMs: 15_000, ping: { timeoutMs: 60_000, strict: true } });
  for (let message = 0; message < 4; message += 1) {
    await rig.session.notify('busy');
    await pass(5);
  }
  expect(rig.written).toContainEqual(expect.objectContaining({ method: 'ping' }));
});

it('[20] closes the session whose ping is not answered in time', async () => {
  const rig = await underUpkeep({ keepAliveMs: 15_000, ping: { timeoutMs: 10_000, strict: true } });
  await pass(24);
  expect(rig.session.state).toBe('open');
  await pass(3);
  expect(rig.reported('failed')).toEqual(['ping-timeout']);
  expect(rig.reported('closed')).toEqual(['ping-timeout']);
});

it('accepts an error as the answer to a ping: its sender is alive', async () => {
  const rig = await underUpkeep({ keepAliveMs: 15_000, ping: { timeoutMs: 10_000, strict: true } });
  for (let ping = 0; ping < 5; ping += 1) {
    await pass(16);
    const error = { code: -32601, message: 'ping?' };
    rig.take({ jsonrpc: '2.0', id: idOf(rig.written[ping]), error });
  }
  expect(rig.session.state).toBe('open');
});

it('closes a session that does not initialize in time', async () => {
  const rig = await underUpkeep({ initializeTimeoutMs: 60_000 });
  rig.take(request(1, 'ping'));
  await pass(59);
  expect(rig.session.state).toBe('open');
  await pass(2);
  expect(rig.reported('failed')).toEqual(['initialize-timeout']);
  expect(rig.reported('closed')).toEqual(['initialize-timeout']);
});

it('lets a session live that has initialized', async () => {
  const rig = await underUpkeep({ initializeTimeoutMs: 60_000 });
  await pass(59);
  rig.take(request(1, 'initialize'));
  await pass(3_600);
  expect(rig.session.state).toBe('open');
});

it('closes a session without messages in either direction, which is no error', async () => {
  const rig = await underUpkeep({ idleTimeoutMs: 60_000 });
  await pass(59);
  expect(rig.session.state).toBe('open');
  await pass(2);
  expect(rig.reported('closed')).toEqual(['idle-timeout']);
  expect(rig.reported('failed')).toEqual([]);
});

it.each<[string, (rig: SessionRig) => unknown]>([
  ['of the client', (rig) => rig.take(notification())],
  ['to the client', (rig) => rig.session.notify('note')],
])('restarts the idle time with each message %s', async (_, act) => {
  const rig = await underUpkeep({ idleTimeoutMs: 60_000 });
  for (let message = 0; message < 3; message += 1) {
    await pass(50);
    act(rig);
  }
  expect(rig.session.state).toBe('open');
  await pass(61);
  expect(rig.session.state).toBe('closed');
});

it('does not count a session with a running request as idle', async () => {
  const rig = await underUpkeep({ idleTimeoutMs: 60_000 });
  rig.take(request(1));
  await pass(3_600);
  expect(rig.session.state).toBe('open');
  await rig.session.send(result(1));
  await pass(61);
  expect(rig.session.state).toBe('closed');
});

it('counts a session with nothing but keep-alives as idle', async () => {
  const rig = await underUpkeep({
    idleTimeoutMs: 60_000,
    keepAliveMs: 15_000,
    ping: { timeoutMs: 60_000, strict: true },
  });
  await pass(20);
  rig.take(result(idOf(rig.written[0])));
  await pass(41);
  expect(rig.reported('closed')).toEqual(['idle-timeout']);
});

it('meets the shortest deadline no later than a quarter of it', async () => {
  const rig = await underUpkeep({ keepAliveMs: 15_000, initializeTimeoutMs: 200 });
  await pass(0.19);
  expect(rig.session.state).toBe('open');
  await pass(0.07);
  expect(rig.session.state).toBe('closed');
});

it('runs one timer, however often it is started, and none when there are no sessions', async () => {
  const registry = new SessionRegistry({ maxSessions: 1, maxSessionsPerPrincipal: 1 });
  const { session } = SessionRig.open();
  registry.add(session);
  const upkeep = new Sweeper(registry, { ...OFF, keepAliveMs: 15_000 });
  const others = vi.getTimerCount();
  upkeep.start();
  upkeep.start();
  expect(vi.getTimerCount()).toBe(others + 1);
  registry.remove(session);
  await pass(2);
  expect(vi.getTimerCount()).toBe(others);
  registry.add(session);
  upkeep.start();
  upkeep.stop();
  expect(vi.getTimerCount()).toBe(others);
});

it('does not keep the process alive', () => {
  const registry = new SessionRegistry({ maxSessions: 1, maxSessionsPerPrincipal: 1 });
  const timers = vi.spyOn(globalThis, 'setInterval');
  new Sweeper(registry, { ...OFF, keepAliveMs: 15_000 }).start();
  expect(timers.mock.results.map(({ value }) => value.hasRef())).toEqual([false]);
});

function idOf(message: unknown): number {
  return (message as { id: number }).id;
}
