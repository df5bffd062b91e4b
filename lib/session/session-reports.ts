// Reports the events of a session to the registry, the budget and the hooks.
import type { ByteBudget } from './byte-budget.js';
import type { SessionEvents } from './events/session-events.js';
import type { LiveSession } from './live-session.js';
import type { SessionRegistry } from './registry.js';
import type { SessionObserver } from './session-observer.js';
import type { SunsetGate } from './sunset-gate.js';

/** Reports the events of a session to the registry and the budget first, then to the hooks. */
export function observerOf<Data>(
  budget: ByteBudget<LiveSession<Data>>,
  sessions: SessionRegistry<Data>,
  events: SessionEvents<Data>,
  sunsetGate: SunsetGate<Data> | undefined,
): SessionObserver<LiveSession<Data>> {
  return {
    initialized(session) {
      events.initialized(session);
      sunsetGate?.initialized(session);
    },
    received: events.received.bind(events),
    sent: events.sent.bind(events),
    discarded: events.discarded.bind(events),
    stalled: events.stalled.bind(events),
    failed: events.failed.bind(events),
    heldBytesChanged: budget.change.bind(budget),
    detached(session, reason) {
      budget.detached(session);
      events.detached(session, reason);
    },
    resumed(session) {
      budget.attachedOrClosed(session);
      events.resumed(session);
    },
    closed(session, reason) {
      budget.attachedOrClosed(session);
      sessions.freeSlot(session.principal);
      // A session that never opened because its client left is not reported to the hooks.
      if (sessions.remove(session)) events.closed(session, reason);
    },
    handedOver(session, node) {
      budget.attachedOrClosed(session);
      sessions.freeSlot(session.principal);
      if (sessions.remove(session)) events.handedOver(session, node);
    },
  };
}
