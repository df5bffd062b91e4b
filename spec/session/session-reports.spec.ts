import { expect, it } from 'vitest';

import { ByteBudget } from '../../lib/session/byte-budget.js';
import { SessionEvents } from '../../lib/session/events/session-events.js';
import { Statistics } from '../../lib/session/events/statistics.js';
import { Usage } from '../../lib/session/events/usage.js';
import { LiveSession } from '../../lib/session/live-session.js';
import { SessionRegistry } from '../../lib/session/registry.js';
import { ResumeStrategy } from '../../lib/session/resume/resume-strategy.js';
import { observerOf } from '../../lib/session/session-reports.js';

/** A node with room for one session. */
function rig() {
  const hooks: string[] = [];
  const events = new SessionEvents(
    {
      onSessionClose: (_, reason) => hooks.push(`close ${reason}`),
      onSessionHandOver: (_, node) => hooks.push(`over ${node}`),
    },
    1_000,
    new Statistics(),
    new Usage(false),
  );
  const sessions = new SessionRegistry({ maxSessions: 1, maxSessionsPerPrincipal: 1 });
  const budget = new ByteBudget<LiveSession>(1 << 20, sessions, () => undefined);
  const observer = observerOf(budget, sessions, events, undefined);
  const limits = {
    ...{ maxBufferedBytes: 1 << 20, writeTimeoutMs: 5_000, maxConcurrentRequests: 10 },
    ...{ maxEvents: 10, maxBytes: 1 << 20 },
  };
  const open = (): LiveSession => {
    sessions.takeSlot('ann');
    const strategy = new ResumeStrategy('node', { ids: true });
    const session = new LiveSession('one', 'ann', undefined, limits, observer, strategy);
    sessions.add(session);
    return session;
  };
  return { open, hooks, sessions, budget };
}

it.each([
  ['closes', (session: LiveSession) => session.close(), ['close server-closed']],
  ['goes on at another node', (session: LiveSession) => session.leave('other'), ['over other']],
])('frees the slot and the bytes of a session that %s, and reports it once', (_, end, said) => {
  const { open, hooks, sessions, budget } = rig();
  for (let time = 0; time < 2; time += 1) {
    // The next one would find no room.
    const session = open();
    void session.notify('note', { text: 'x'.repeat(1_000) });
    expect(budget.bytes).toBeGreaterThan(1_000);
    expect(() => sessions.takeFreeSlot('ann')).toThrow(
      expect.objectContaining({ code: 'too-many-sessions' }),
    );
    end(session);
    end(session);
    expect(sessions.size).toBe(0);
    expect(budget.bytes).toBe(0);
  }
  expect(hooks).toEqual([...said, ...said]);
});
