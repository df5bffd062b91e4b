import { expect, it, onTestFinished } from 'vitest';

import { encodePresence } from '../../lib/cluster/link/packet.js';
import { Membership } from '../../lib/cluster/membership.js';
import type { AdapterListener, AdapterMember } from '../../lib/adapter/index.js';
import type { Adapter, McpSseError } from '../../lib/index.js';
import { deferred } from '../support/deferred.js';
import { eventually } from '../support/eventually.js';
import { hanging } from '../support/failing.js';

/** A membership, and the failures that it has told of. */
function membershipOf(adapter: Adapter) {
  const failures: string[] = [];
  const causes: unknown[] = [];
  const onError = ({ code, cause }: McpSseError) => {
    failures.push(code);
    causes.push(cause);
  };
  const membership = new Membership('self', adapter, { onCall: hanging, onError });
  onTestFinished(() => membership.leave());
  return { membership, failures, causes };
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

it('reports an adapter out of reach once, however often it tries to join', async () => {
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

const beat = (from: string): string => encodePresence('heartbeat', from);

/** An adapter without anybody else, whose frames the spec makes. */
function ownAdapter(member: Partial<AdapterMember> = {}) {
  const made: { listener?: AdapterListener; adapter: Adapter } = {
    adapter: {
      join: async (_self, listener) => {
        made.listener = listener;
        listener.state(true);
        return { send: async () => false, leave: async () => {}, ...member };
      },
    },
  };
  return made;
}

it('counts its requests to a node that is gone', { timeout: 60_000 }, async () => {
  const made = ownAdapter();
  const { membership } = membershipOf(made.adapter);
  await eventually(() => membership.up);
  made.listener!.frame(beat('gone'));
  const call = membership.peer('gone')!.call('find', {});
  await expect(call).rejects.toMatchObject({ code: 'session-not-found' });
  expect(membership.counts.requestsSent).toBe(1);
  // Nothing waits for it any more, and no request to it is begun.
  expect([membership.known(), membership.budget.queuedBytes]).toEqual([[], 0]);
  const again = membership.peer('gone')!.call('find', {});
  await expect(again).rejects.toMatchObject({ code: 'session-not-found' });
  expect(membership.counts.requestsSent).toBe(1);
});

it('remembers a bounded number of names, and living nodes first', async () => {
  const made = ownAdapter({ send: async () => true });
  const { membership } = membershipOf(made.adapter);
  await eventually(() => membership.up);
  made.listener!.frame(beat('there'));
  for (let n = 0; n < 5_000; n += 1) made.listener!.frame(encodePresence('leave', `name-${n}`));
  const names = ['there', ...Array.from({ length: 5_000 }, (_, n) => `name-${n}`)];
  const remembered = names.filter((name) => membership.peer(name) !== undefined);
  expect(remembered).toHaveLength(4_096);
  expect([remembered[0], remembered.at(-1)]).toEqual(['there', 'name-4999']);
  expect(membership.alive().map(({ node }) => node)).toEqual(['there']);
});

it('does not trust silence while this process was frozen', async () => {
  const made = ownAdapter({ send: async () => true });
  const { membership } = membershipOf(made.adapter);
  await eventually(() => membership.up);
  const { since } = membership;
  const blockedUntil = performance.now() + 1_200;
  while (performance.now() < blockedUntil);
  await eventually(() => membership.since > since, 'the first tick');
  expect(membership.since).toBeGreaterThanOrEqual(blockedUntil);
});

it('reports an outage with the reason from the adapter', async () => {
  const made = ownAdapter();
  const { membership, causes } = membershipOf(made.adapter);
  await eventually(() => membership.up);
  const reason = new Error('PUBLISH took longer than 1400 ms.');
  made.listener!.state(false, reason);
  expect(causes).toEqual([reason]);
});
