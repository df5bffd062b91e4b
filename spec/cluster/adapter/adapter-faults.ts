import { describe, expect, it, onTestFinished } from 'vitest';

import type { Adapter } from '../../../lib/cluster/adapter/adapter.js';
import { eventually } from '../../support/eventually.js';
import { watchTimers } from '../../support/open-timers.js';
import { outcomeOf, type Outcome } from '../../support/outcome.js';
import { AdapterNode, type AdapterClient, type AdapterServer } from './adapter-node.js';

const RECOVERY_MS = 15_000;

/** What an adapter owes its nodes while its server is away, and after that. */
export function adapterFaults(
  server: () => AdapterServer,
  client: () => Promise<AdapterClient>,
): void {
  describe('when its server fails', { timeout: 60_000 }, () => {
    /** The server, which is whole again after the test. */
    const breakable = (): AdapterServer => {
      const faulty = server();
      onTestFinished(async () => {
        faulty.continue();
        await faulty.restart();
      });
      return faulty;
    };
    const pair = async (): Promise<[AdapterNode, AdapterNode]> => [
      // The test before may have left a server that has only just come back.
      await joinWhenBack((await client()).adapter),
      await joinWhenBack((await client()).adapter),
    ];

    it('rejects a join in time, and accepts one later', async () => {
      const faulty = breakable();
      const { adapter } = await client();
      await faulty.kill();
      expect(await faulty.responds()).toBe(false);
      const began = performance.now();
      const early = new AdapterNode();
      await expect(adapter.join(early.address, early)).rejects.toThrow();
      expect(performance.now() - began).toBeLessThan(7_000);
      expect(early.states).toEqual([]);
      await faulty.restart();
      await talks(await joinWhenBack(adapter));
      expect(early.frames).toEqual([]);
    });

    it('rejects frames while it is down, and never delivers them', async () => {
      const faulty = breakable();
      const [a, b] = await pair();
      await faulty.kill();
      expect(await faulty.responds()).toBe(false);
      await eventually(() => !a.up && !b.up, 'state(false)');
      for (const frame of ['lost 1', 'lost 2', 'lost 3']) await failsInTime(a, b, frame);
      await faulty.restart();
      await eventually(() => a.up && b.up, 'state(true)', RECOVERY_MS);
      expect(a.states).toEqual([true, false, true]);
      // Right after state(true) the other node must be there to listen.
      expect(await a.send(b, 'back')).toBe(true);
      await b.has('back');
      await talks(b, a);
      expect(b.frames.filter((frame) => frame.startsWith('lost'))).toEqual([]);
    });

    it('rejects frames while it hangs, and delivers none of them later', async () => {
      const faulty = breakable();
      const [a, b] = await pair();
      faulty.pause();
      await expect.poll(() => faulty.responds()).toBe(false);
      // This one was on its way when the server stopped: it may come late, or not at all.
      await failsInTime(a, b, 'in flight');
      await eventually(() => !a.up && !b.up, 'state(false)');
      for (const frame of ['lost 1', 'lost 2']) await failsInTime(a, b, frame);
      expect(await faulty.responds()).toBe(false);
      faulty.continue();
      await eventually(() => a.up && b.up, 'state(true)', RECOVERY_MS);
      await talks(a, b);
      await talks(b, a);
      expect(b.frames.filter((frame) => frame.startsWith('lost'))).toEqual([]);
    });

    it('comes back by itself after its connections were cut', async () => {
      const faulty = breakable();
      const [a, b] = await pair();
      expect(await faulty.cut()).toBeGreaterThan(0);
      await eventually(() => a.states.includes(false), 'state(false)');
      await eventually(() => a.up && b.up, 'state(true)', RECOVERY_MS);
      await talks(a, b);
      await talks(b, a);
    });

    it('settles every send through a storm of cuts, and keeps the order', async () => {
      const faulty = breakable();
      const [a, b] = await pair();
      const outcomes: Outcome<boolean>[] = [];
      for (let round = 0; round < 3; round += 1) {
        await eventually(() => a.up && b.up, 'state(true)', RECOVERY_MS);
        for (let index = 0; index < 100; index += 1) {
          outcomes.push(outcomeOf(a.send(b, `${round}-${index}`)));
        }
        await faulty.cut();
      }
      await eventually(() => outcomes.every(({ state }) => state !== 'pending'), 'all outcomes');
      await eventually(() => a.up && b.up, 'state(true)', RECOVERY_MS);
      await talks(a, b);
    });

    it('lets a node leave while it is down, for good', async () => {
      const faulty = breakable();
      const timers = watchTimers();
      const [a, b] = await pair();
      await faulty.kill();
      expect(await faulty.responds()).toBe(false);
      await eventually(() => !a.up && !b.up, 'state(false)');
      await Promise.all([a.member.leave(), b.member.leave()]);
      const told = a.states.length;
      await eventually(() => timers().length === 0, 'the end of all timers');
      await faulty.restart();
      const later = await joinWhenBack((await client()).adapter);
      expect(await later.send(a, 'anybody?')).toBe(false);
      expect(a.states).toHaveLength(told);
    });
  });
}

/** A send that is refused, soon. */
async function failsInTime(from: AdapterNode, to: AdapterNode, frame: string): Promise<void> {
  const began = performance.now();
  await expect(from.send(to, frame)).rejects.toThrow();
  expect(performance.now() - began).toBeLessThan(3_000);
}

/** Frames pass; the first ones may still be refused. */
async function talks(from: AdapterNode, to: AdapterNode = from): Promise<void> {
  const deadline = performance.now() + RECOVERY_MS;
  const frame = `hello from ${from.address}`;
  while (!to.frames.includes(frame)) {
    if (performance.now() > deadline) throw new Error('no frame came through');
    const passed = await from.send(to, frame).catch(() => false);
    if (passed) await to.has(frame);
    else await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function joinWhenBack(adapter: Adapter): Promise<AdapterNode> {
  const deadline = performance.now() + RECOVERY_MS;
  for (;;) {
    try {
      return await AdapterNode.join(adapter);
    } catch (error) {
      if (performance.now() > deadline) throw error;
    }
  }
}
