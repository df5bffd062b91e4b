// Alone: the clock is the spec's.
import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { Adoptions } from '../../../lib/cluster/handover/adoptions.js';
import type { Peer } from '../../../lib/cluster/peer.js';
import { McpSseError } from '../../../lib/errors.js';
import type { SessionRestorer } from '../../../lib/session/handover/session-restorer.js';
import { STATE_VERSION, type SessionState } from '../../../lib/session/handover/session-state.js';
import type { LiveSession } from '../../../lib/session/live-session.js';
import { SessionRegistry } from '../../../lib/session/registry.js';
import { deferred } from '../../support/deferred.js';

vi.mock('../../../lib/util/timers.js', () => import('../../support/fakeable-timers.js'));

const version = STATE_VERSION;

const stateOf = (id: string, epoch = 1): SessionState => ({
  ...{ id, epoch, saved: false, openedAt: 0, lastActiveAt: 0, messagesIn: 0, messagesOut: 0 },
  handshake: { answered: true, subscriptions: [] },
  sender: {
    strategy: { token: 't'.repeat(22), positions: false, undecided: false, messageUrl: '/m' },
    ...{ first: 1, position: 0, frames: [], acknowledged: 0, handshakeOffset: 0, acks: [] },
  },
});

/** Adoptions whose restorer makes a session when it is told to. */
function rig() {
  const sessions = new SessionRegistry({ maxSessions: 1_000, maxSessionsPerPrincipal: 1_000 });
  const restored = new Map<string, ReturnType<typeof deferred<LiveSession>>>();
  const ended: unknown[] = [];
  const begun: unknown[] = [];
  const adopted: unknown[] = [];
  const restorer = {
    checkWillingness: () => undefined,
    restore: ({ id }: SessionState) => {
      const gate = deferred<LiveSession>();
      restored.set(id, gate);
      return gate.promise;
    },
    begin: (session: LiveSession, writer: unknown) => void begun.push([session.id, writer]),
  } as unknown as SessionRestorer<unknown>;
  const adoptions = new Adoptions<unknown>({
    ...{ sessions, restorer },
    onAdopted: ({ id }, { node }) => void adopted.push([id, node]),
  });
  const sessionOf = (id: string): LiveSession => {
    return { id, close: (reason: string) => ended.push([id, reason]) } as unknown as LiveSession;
  };
  const ready = async (id: string, peer: Peer = former, channel?: string): Promise<void> => {
    const adopting = adoptions.adopt({ version, state: stateOf(id), channel }, peer);
    restored.get(id)!.resolve(sessionOf(id));
    await adopting;
  };
  return { adoptions, sessions, restored, ended, begun, adopted, sessionOf, ready };
}

const peerOf = (node: string): Peer => ({ node, imported: new Map() }) as unknown as Peer;
const former = peerOf('former');
const other = peerOf('other');
const codeOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'done',
    (error: unknown) => McpSseError.from(error).code,
  );
const thrownBy = (work: () => unknown): unknown => {
  try {
    return work();
  } catch (error) {
    return McpSseError.from(error).code;
  }
};

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

it('begins a session only when its former node says so, for this hand-over', async () => {
  const { adoptions, begun, adopted, ready, sessions } = rig();
  await ready('one');
  expect(thrownBy(() => adoptions.commit({ id: 'one', epoch: 1, messages: [] }, other))).toBe(
    'session-not-found',
  );
  expect(thrownBy(() => adoptions.commit({ id: 'one', epoch: 2, messages: [] }, former))).toBe(
    'session-not-found',
  );
  expect(begun).toEqual([]);
  expect(sessions.arrivals.of('one')).toBeDefined();
  void adoptions.commit({ id: 'one', epoch: 1, messages: [] }, former);
  expect(begun).toEqual([['one', undefined]]);
  expect(adopted).toEqual([['one', 'former']]);
  expect(sessions.arrivals.of('one')).toBeUndefined();
  // A repetition finds nothing.
  expect(thrownBy(() => adoptions.commit({ id: 'one', epoch: 1, messages: [] }, former))).toBe(
    'session-not-found',
  );
});

it('does not begin a session that is not ready', async () => {
  const { adoptions, restored, begun, sessionOf } = rig();
  const adopting = adoptions.adopt({ version, state: stateOf('one') }, former);
  expect(thrownBy(() => adoptions.commit({ id: 'one', epoch: 1, messages: [] }, former))).toBe(
    'session-not-found',
  );
  restored.get('one')!.resolve(sessionOf('one'));
  await adopting;
  expect(begun).toEqual([]);
});

it('continues the stream that its former node relays to a client here', async () => {
  const { adoptions, begun, ready } = rig();
  const writer = {};
  const relaying = peerOf('relaying');
  relaying.imported.set('c1', { takeOver: () => writer } as never);
  await ready('one', relaying, 'c1');
  await ready('two', relaying, 'gone');
  void adoptions.commit({ id: 'one', epoch: 1, messages: [] }, relaying);
  void adoptions.commit({ id: 'two', epoch: 1, messages: [] }, relaying);
  expect(begun).toEqual([
    ['one', writer],
    ['two', undefined],
  ]);
});

it('drops a session that is not told to begin within five seconds', async () => {
  const { adoptions, ended, ready, sessions } = rig();
  await ready('one');
  const waiting = sessions.arrivals.of('one');
  vi.advanceTimersByTime(4_999);
  expect(ended).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(ended).toEqual([['one', 'shutdown']]);
  await waiting;
  expect(thrownBy(() => adoptions.commit({ id: 'one', epoch: 1, messages: [] }, former))).toBe(
    'session-not-found',
  );
});

it('drops a session that its former node withdraws, ready or not, and no other', async () => {
  const { adoptions, restored, ended, ready, sessionOf, sessions } = rig();
  await ready('one');
  adoptions.abort({ id: 'one', epoch: 1 }, other);
  adoptions.abort({ id: 'one', epoch: 2 }, former);
  adoptions.abort({ id: 'none', epoch: 1 }, former);
  expect(ended).toEqual([]);
  adoptions.abort({ id: 'one', epoch: 1 }, former);
  expect(ended).toEqual([['one', 'shutdown']]);
  const adopting = codeOf(adoptions.adopt({ version, state: stateOf('two') }, former));
  adoptions.abort({ id: 'two', epoch: 1 }, former);
  restored.get('two')!.resolve(sessionOf('two'));
  expect(await adopting).toBe('request-cancelled');
  expect(ended).toHaveLength(2);
  expect(sessions.arrivals.of('two')).toBeUndefined();
  vi.advanceTimersByTime(10_000);
  expect(ended).toHaveLength(2);
});

it('drops all sessions that have not begun when this node leaves', async () => {
  const { adoptions, restored, ended, ready, sessionOf } = rig();
  await ready('one');
  const adopting = codeOf(adoptions.adopt({ version, state: stateOf('two') }, former));
  adoptions.giveUp();
  expect(ended).toEqual([['one', 'shutdown']]);
  restored.get('two')!.resolve(sessionOf('two'));
  expect(await adopting).toBe('request-cancelled');
});

it('refuses another version, malformed state, and a session that is already coming', async () => {
  const { adoptions, ready } = rig();
  expect(thrownBy(() => adoptions.offer({ version: version + 1 }))).toBe('invalid-message');
  expect(adoptions.offer({ version })).toEqual({ sessions: 0 });
  const adopt = (of: number, state: unknown): Promise<unknown> =>
    codeOf(adoptions.adopt({ version: of, state }, former));
  expect(await adopt(version + 1, stateOf('one'))).toBe('invalid-message');
  expect(await adopt(version, { ...stateOf('one'), epoch: 0 })).toBe('invalid-message');
  await ready('one');
  expect(await adopt(version, stateOf('one', 2))).toBe('internal');
});

it('makes 512 sessions ready at a time', async () => {
  const { adoptions, restored } = rig();
  const all = Array.from({ length: 512 }, (_, n) =>
    codeOf(adoptions.adopt({ version, state: stateOf(`id-${n}`) }, former)),
  );
  const oneMore = (): Promise<unknown> =>
    codeOf(adoptions.adopt({ version, state: stateOf('more') }, former));
  expect(await oneMore()).toBe('internal');
  restored.get('id-0')!.reject(new McpSseError('server-failed', 'no'));
  expect(await all[0]).toBe('server-failed');
  void oneMore();
  expect(restored.has('more')).toBe(true);
});
