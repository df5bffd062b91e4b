import { beforeEach, expect, it, onTestFinished, vi } from 'vitest';

import { Reachability } from '../../../lib/cluster/adapter/reachability.js';
import { AdapterNode } from './adapter-node.js';

vi.mock('../../../lib/util/timers.js', () => import('../../support/fakeable-timers.js'));

const REASON = new Error('lost');

/** A member that has joined, whose checks succeed while `reachable`. */
function joined() {
  const node = new AdapterNode();
  const reasons: unknown[] = [];
  const server = { reachable: true, checkedAt: [] as number[] };
  const listener = {
    frame: () => {},
    state: (up: boolean, reason?: Error) => {
      node.state(up);
      reasons.push(reason?.message);
    },
  };
  const reachability = new Reachability(listener, async () => {
    server.checkedAt.push(Date.now());
    if (!server.reachable) throw new Error('no answer');
  });
  reachability.start();
  return { node, server, reachability, reasons };
}

beforeEach(() => {
  vi.useFakeTimers({ now: 0 });
  vi.spyOn(Math, 'random').mockReturnValue(0.5);
  onTestFinished(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });
});

it('reports each change once, with the reason of a failure', async () => {
  const { node, server, reachability, reasons } = joined();
  server.reachable = false;
  reachability.lost(REASON);
  reachability.lost(REASON);
  await vi.advanceTimersByTimeAsync(10_000);
  server.reachable = true;
  await vi.advanceTimersByTimeAsync(1_000);
  server.reachable = false;
  await vi.advanceTimersByTimeAsync(2_000);
  expect(node.states).toEqual([true, false, true, false]);
  expect(reasons).toEqual([undefined, 'lost', undefined, 'no answer']);
});

it('checks every two seconds while up, and less and less often while down', async () => {
  const { server, reachability } = joined();
  await vi.advanceTimersByTimeAsync(4_000);
  expect(server.checkedAt).toEqual([2_000, 4_000]);
  server.reachable = false;
  reachability.lost(REASON);
  await vi.advanceTimersByTimeAsync(4_000);
  const at = server.checkedAt.slice(2).map((time) => time - 4_000);
  expect(at).toEqual([50, 150, 350, 750, 1_550, 2_550, 3_550]);
  server.reachable = true;
  reachability.connectionBack();
  await vi.advanceTimersByTimeAsync(0);
  expect(reachability.up).toBe(true);
});

it('checks soon after a failure, and not at all once it has stopped', async () => {
  const { node, server, reachability } = joined();
  reachability.suspect();
  await vi.advanceTimersByTimeAsync(50);
  expect(server.checkedAt).toEqual([50]);
  reachability.stop();
  reachability.suspect();
  reachability.lost(REASON);
  expect(vi.getTimerCount()).toBe(0);
  expect(node.states).toEqual([true]);
});

it('spreads the checks of many nodes over time', async () => {
  const { server, reachability } = joined();
  server.reachable = false;
  vi.mocked(Math.random).mockReturnValue(0);
  reachability.lost(REASON);
  await vi.advanceTimersByTimeAsync(38);
  expect(server.checkedAt).toHaveLength(1);
});
