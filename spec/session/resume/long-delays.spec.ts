import { expect, it } from 'vitest';

import { Probes } from '../../../lib/session/resume/probes.js';
import { reconnectDelay } from '../../../lib/session/resume/reconnect-delay.js';
import { ConnectionWriter } from '../../../lib/stream/connection-writer.js';
import { FakeResponse } from '../../support/fake-response.js';

// Kills: a delay that no timer can have, and that fires at once.
it('waits for the answer to a probe at most as long as a timer can', async () => {
  const probes = new Probes('node');
  const answer = probes.ask(new ConnectionWriter(new FakeResponse()), 1e12);
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(probes.size).toBe(1);
  probes.giveUp();
  expect(await answer).toBeUndefined();
});

it('tells no client to wait longer than a timer can', () => {
  expect([1e12, Number.MAX_VALUE].map(reconnectDelay)).toEqual([2 ** 31 - 1, 2 ** 31 - 1]);
});
