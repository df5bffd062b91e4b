import { expect, it, onTestFinished } from 'vitest';

import { Membership } from '../../lib/cluster/membership.js';
import type { Adapter } from '../../lib/index.js';
import type { AdapterMember } from '../../lib/adapter/index.js';
import { deferred } from '../support/deferred.js';
import { eventually } from '../support/eventually.js';
import { hanging } from '../support/failing.js';

/** A membership, and the failures that it has told of. */
function membershipOf(adapter: Adapter): { membership: Membership; failures: string[] } {
  const failures: string[] = [];
  const failed = ({ code }: { code: string }) => void failures.push(code);
  const membership = new Membership('self', adapter, { onCall: hanging, failed });
  onTestFinished(() => membership.leave());
  return { membership, failures };
}

it('ends a membership that the adapter grants only after the node has left', async () => {
  const joined = deferred<AdapterMember>();
  const { membership } = membershipOf({ join: () => joined.promise });
  await membership.leave();
  const frames: string[] = [];
  let left = false;
  joined.resolve({
    send: async (_to, frame) => frames.push(frame) > 0,
    leave: async () => void (left = true),
  });
  await eventually(() => left);
  expect([frames, membership.up]).toEqual([[], false]);
});

it('tells of an adapter that is out of reach once, however often it tries to join', async () => {
  let tries = 0;
  const { failures } = membershipOf({
    join: async () => {
      tries += 1;
      throw new Error('out of reach');
    },
  });
  await eventually(() => tries === 3, 'the third try');
  expect(failures).toEqual(['adapter-unavailable']);
});

it('counts its requests to nodes that were never there', { timeout: 20_000 }, async () => {
  const { membership } = membershipOf({
    join: async (_self, listener) => {
      listener.state(true);
      return { send: async () => false, leave: async () => {} };
    },
  });
  const call = membership.peer('nobody').call('find', {});
  await expect(call).rejects.toMatchObject({ code: 'session-not-found' });
  await eventually(() => [...membership.peers].length === 0, 'the end of the memory');
  const { requestsSent, resent } = membership.counts;
  expect(requestsSent).toBe(1);
  expect(resent).toBeGreaterThan(0);
});
