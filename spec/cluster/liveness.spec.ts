import { describe, expect, it } from 'vitest';

import { Liveness } from '../../lib/cluster/liveness.js';

/** A node that was heard at 0, on a clock of the spec's own. */
function heardAtZero() {
  const contact = {
    since: -60_000,
    upSince: -60_000,
    heartbeatMs: 1_000,
    graceMs: 6_000,
    proof: true,
    isProof: () => contact.proof,
  };
  const liveness = new Liveness(contact);
  liveness.heard(0);
  return { liveness, contact };
}

describe('the end of a node', () => {
  it('is proved by no listener for the grace period, from the first unanswered try on', () => {
    const { liveness } = heardAtZero();
    // Its event loop is blocked for long before its connection is lost.
    expect(liveness.tried(true, 1_500)).toBe(false);
    expect(liveness.tried(false, 5_000)).toBe(false);
    expect(liveness.tried(false, 10_999)).toBe(false);
    expect(liveness.tried(false, 11_000)).toBe(true);
  });

  it('is not proved if it had a listener, or was heard, in between', () => {
    const { liveness } = heardAtZero();
    liveness.tried(false, 1_000);
    liveness.tried(true, 3_500);
    expect(liveness.tried(false, 7_500)).toBe(false);
    liveness.heard(8_000);
    expect(liveness.tried(false, 13_600)).toBe(false);
    expect(liveness.tried(false, 19_600)).toBe(true);
  });

  it('is not proved by silence while it has a listener, unless that is very long', () => {
    const { liveness } = heardAtZero();
    for (let now = 1_500; now < 31_500; now += 1_500) {
      expect(liveness.tried(true, now)).toBe(false);
    }
    expect(liveness.tried(true, 31_500)).toBe(true);
  });

  it('is not proved by frames that the adapter did not take', () => {
    const { liveness } = heardAtZero();
    expect(liveness.isAlive(100_000)).toBe(false);
    expect(liveness.tried(true, 100_000)).toBe(false);
    expect(liveness.ended).toBe(false);
  });

  it('is not proved after an outage of the adapter, nor after this process was frozen', () => {
    const { liveness, contact } = heardAtZero();
    contact.proof = false;
    liveness.tried(false, 1_000);
    expect(liveness.tried(false, 20_000)).toBe(false);
    contact.proof = true;
    contact.since = 20_000;
    expect(liveness.tried(false, 25_999)).toBe(false);
    expect(liveness.tried(false, 26_000)).toBe(true);
  });

  it('is not proved by a silence in which this process was frozen', () => {
    const { liveness, contact } = heardAtZero();
    liveness.tried(true, 1_500);
    contact.since = 40_000;
    expect(liveness.tried(true, 41_000)).toBe(false);
    expect(liveness.tried(true, 69_999)).toBe(false);
    expect(liveness.tried(true, 70_000)).toBe(true);
  });

  it('is proved only later when most nodes vanish at once: they may be at another server', () => {
    const { liveness, contact } = heardAtZero();
    contact.graceMs = 30_000;
    liveness.tried(false, 1_000);
    expect(liveness.tried(false, 30_999)).toBe(false);
    expect(liveness.tried(false, 31_000)).toBe(true);
  });

  it('is certain after a very long silence, or after it has left', () => {
    const { liveness, contact } = heardAtZero();
    liveness.tried(false, 1_000);
    liveness.end();
    expect(liveness.isKnownToBeGone(30_999)).toBe(false);
    expect(liveness.isKnownToBeGone(31_000)).toBe(true);
    contact.proof = false;
    expect(liveness.isKnownToBeGone(31_000)).toBe(false);
    contact.proof = true;
    contact.since = 31_000;
    expect(liveness.isKnownToBeGone(60_999)).toBe(false);
    liveness.leave();
    expect(liveness.isKnownToBeGone(31_000)).toBe(true);
  });

  it('is revoked when it is heard again, unless it has left', () => {
    const { liveness } = heardAtZero();
    liveness.end();
    expect([liveness.ended, liveness.isAlive(1)]).toEqual([true, false]);
    liveness.heard(1);
    expect([liveness.ended, liveness.isAlive(1)]).toEqual([false, true]);
    liveness.leave();
    liveness.heard(2);
    expect([liveness.ended, liveness.isAlive(2)]).toEqual([true, false]);
  });
});

describe('a node is sent messages', () => {
  it('while it is heard and has a listener', () => {
    const { liveness } = heardAtZero();
    expect(liveness.isReachable(5_999)).toBe(true);
    expect(liveness.isReachable(6_000)).toBe(false);
    liveness.heard(7_000);
    liveness.tried(false, 7_100);
    expect(liveness.isReachable(7_100)).toBe(false);
    liveness.heard(7_200);
    expect(liveness.isReachable(7_200)).toBe(true);
  });

  it('not if it answers nothing, even if its heartbeats are rare', () => {
    const { liveness, contact } = heardAtZero();
    contact.heartbeatMs = 20_000;
    // Frames that it does not answer, such as acknowledgements, show nothing.
    liveness.tried(true, 10_000, false);
    expect([liveness.isReachable(59_999), liveness.isSilent(59_999)]).toEqual([true, false]);
    liveness.tried(true, 20_000);
    expect([liveness.isReachable(25_999), liveness.isSilent(25_999)]).toEqual([true, false]);
    expect([liveness.isReachable(26_000), liveness.isSilent(26_000)]).toEqual([false, true]);
    expect(liveness.isAlive(26_000)).toBe(false);
    liveness.heard(26_100);
    expect([liveness.isAlive(86_099), liveness.isAlive(86_100)]).toEqual([true, false]);
  });

  it('after an outage only once it was heard again', () => {
    const { liveness, contact } = heardAtZero();
    contact.since = 2_000;
    // This process has only stood still for a moment.
    expect(liveness.isReachable(2_100)).toBe(true);
    contact.upSince = 2_000;
    expect(liveness.isReachable(2_100)).toBe(false);
    liveness.heard(2_200);
    expect(liveness.isReachable(2_200)).toBe(true);
  });
});

describe('a node is pinged', () => {
  const pingsUntil = (
    liveness: Liveness,
    { from, end, needed = false }: { from: number; end: number; needed?: boolean },
  ): number[] => {
    const at: number[] = [];
    for (let now = from; now < end; now += 100) if (liveness.takePing(now, needed)) at.push(now);
    return at;
  };

  it('when its heartbeat is late, and more often without a listener', () => {
    const { liveness } = heardAtZero();
    expect(pingsUntil(liveness, { from: 0, end: 5_000 })).toEqual([1_500, 3_000, 4_500]);
    liveness.tried(false, 5_000);
    expect(pingsUntil(liveness, { from: 5_000, end: 6_100 })).toEqual([5_000, 5_500, 6_000]);
    liveness.end();
    expect(pingsUntil(liveness, { from: 6_100, end: 20_000 })).toEqual([]);
  });

  it('less often with more nodes, unless messages wait for it', () => {
    const { liveness, contact } = heardAtZero();
    contact.heartbeatMs = 2_000;
    expect(pingsUntil(liveness, { from: 0, end: 7_000 })).toEqual([3_000, 6_000]);
    contact.upSince = 7_000;
    const needed = { from: 7_000, end: 8_100, needed: true };
    expect(pingsUntil(liveness, needed)).toEqual([7_000, 7_500, 8_000]);
  });
});

it('knows whether it was late at some time: messages that it passes on were late, too', () => {
  const { liveness } = heardAtZero();
  expect([liveness.wasLate(0, 1_499), liveness.wasLate(0, 1_500)]).toEqual([false, true]);
  liveness.heard(4_000);
  expect([liveness.wasLate(4_000, 4_100), liveness.wasLate(4_001, 4_100)]).toEqual([true, false]);
  liveness.end();
  expect(liveness.wasLate(0, 10_000)).toBe(false);
});
