import { expect, it } from 'vitest';

import { Outages } from '../../lib/cluster/outages.js';

it('reports an outage once, and several for the same reason once a minute', () => {
  const reasons: unknown[] = [];
  const outages = new Outages(({ code, cause }) => {
    reasons.push([code, cause instanceof Error ? cause.message : cause]);
  });
  expect(outages.any).toBe(false);
  const outage = (reason?: string): void => {
    // Each try to join tells of it again.
    for (let time = 0; time < 3; time += 1) outages.goesOn(reason && new Error(reason));
    outages.over();
  };
  outage('PUBLISH took too long');
  outage('PUBLISH took too long');
  outage('the connection was lost');
  outage();
  outage();
  expect(outages.any).toBe(true);
  expect(reasons).toEqual(
    ['PUBLISH took too long', 'the connection was lost', undefined, undefined].map((reason) => [
      'adapter-unavailable',
      reason,
    ]),
  );
});
