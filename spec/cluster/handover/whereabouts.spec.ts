import { expect, it } from 'vitest';

import { MovedSessions } from '../../../lib/cluster/handover/moved-sessions.js';
import { Whereabouts } from '../../../lib/cluster/handover/whereabouts.js';
import type { Membership } from '../../../lib/cluster/membership.js';
import type { Peer } from '../../../lib/cluster/peer.js';
import { McpSseError } from '../../../lib/errors.js';
import { deferred } from '../../support/deferred.js';

/** Other nodes, by name: what each says when it is asked for its table. */
function rig(answers: Record<string, () => unknown>) {
  const asked: string[] = [];
  const peers = Object.entries(answers).map(([node, answer]) => ({
    ...{ node, ended: false },
    call: async (operation: string) => {
      asked.push(`${node} ${operation}`);
      return answer();
    },
  }));
  const membership = {
    ...{ since: 1, up: true, code: 'session-not-found' },
    peer: (name: string) => (name.startsWith('known') ? {} : undefined),
    unknownNode: () => new McpSseError(membership.code as 'internal', 'unknown'),
    discovery: { over: (): Promise<void> | undefined => undefined },
    known: () => peers as unknown as Peer[],
  };
  const moved = new MovedSessions();
  const whereabouts = new Whereabouts(membership as unknown as Membership, moved);
  return { whereabouts, membership, moved, asked, peers };
}

const refuse = (code: 'invalid-message' | 'outcome-unknown') => () => {
  throw new McpSseError(code, 'no');
};

it('asks all other nodes once for each node that is gone', async () => {
  const { whereabouts, moved, asked } = rig({ a: () => ['one', 'two'], b: () => ['three'] });
  const first = whereabouts.ask('known-1');
  const second = whereabouts.ask('known-1');
  expect(whereabouts.hasAll('known-1')).toBe(false);
  await Promise.all([first, second]);
  expect(whereabouts.hasAll('known-1')).toBe(true);
  expect(whereabouts.ask('known-1')).toBeUndefined();
  expect(['one', 'two', 'three'].map((name) => moved.get(name))).toEqual(['a', 'a', 'b']);
  await whereabouts.ask('known-2');
  expect(asked).toEqual(['a table', 'b table', 'a table', 'b table']);
});

it('asks once for all unknown names, and again when more may be known', async () => {
  const { whereabouts, membership, asked } = rig({ a: () => [] });
  membership.code = 'adapter-unavailable';
  await whereabouts.ask('never-1');
  expect(whereabouts.ask('never-2')).toBeUndefined();
  membership.code = 'session-not-found';
  await whereabouts.ask('never-2');
  expect(asked).toHaveLength(2);
});

it('asks again if a node has not answered, but not one of another version, or one that is gone', async () => {
  const answers = { a: refuse('outcome-unknown'), b: refuse('invalid-message') };
  const { whereabouts, peers, asked } = rig(answers);
  await whereabouts.ask('known');
  expect(whereabouts.hasAll('known')).toBe(false);
  peers[0]!.ended = true;
  await whereabouts.ask('known');
  expect(whereabouts.hasAll('known')).toBe(true);
  expect(asked).toEqual(['a table', 'b table', 'a table']);
});

it('knows nothing while it is out of touch, and asks again after that', async () => {
  const { whereabouts, membership, asked } = rig({ a: () => [] });
  await whereabouts.ask('known');
  membership.up = false;
  expect(whereabouts.hasAll('known')).toBe(false);
  expect(whereabouts.ask('known')).toBeUndefined();
  Object.assign(membership, { up: true, since: 2 });
  expect(whereabouts.hasAll('known')).toBe(false);
  await whereabouts.ask('known');
  expect(whereabouts.hasAll('known')).toBe(true);
  expect(asked).toHaveLength(2);
});

it('does not rely on answers from before it was out of touch', async () => {
  let release = (): void => undefined;
  const gate = new Promise<void>((resolve) => (release = resolve));
  const { whereabouts, membership } = rig({ a: () => gate.then(() => []) });
  const before = whereabouts.ask('known');
  membership.since = 2;
  const after = whereabouts.ask('known');
  expect(after).not.toBe(before);
  release();
  await Promise.all([before, after]);
  expect(whereabouts.hasAll('known')).toBe(true);
});

it('also asks nodes that it meets later, and only them', async () => {
  const { whereabouts, peers, asked, moved } = rig({ a: () => [], b: () => ['one'] });
  const [late] = peers.splice(1);
  await whereabouts.ask('never');
  expect(whereabouts.ask('never')).toBeUndefined();
  peers.push(late!);
  await whereabouts.ask('never');
  expect(moved.get('one')).toBe('b');
  expect(asked).toEqual(['a table', 'b table']);
});

it('waits for the others to be discovered', async () => {
  const { whereabouts, membership, asked, peers } = rig({ a: () => [] });
  const gate = deferred();
  const late = peers.splice(0);
  membership.discovery.over = () => gate.promise;
  const asking = whereabouts.ask('never');
  expect(whereabouts.hasAll('never')).toBe(false);
  peers.push(...late);
  membership.discovery.over = () => undefined;
  gate.resolve();
  await asking;
  expect(asked).toEqual(['a table']);
});

it('survives malformed answers', async () => {
  const { whereabouts, moved } = rig({ a: () => 'one', b: () => [1, null, 'two'] });
  await whereabouts.ask('known');
  expect(moved.get('two')).toBe('b');
  expect(whereabouts.hasAll('known')).toBe(true);
});
