import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

import { EVERYONE } from '../../../lib/cluster/adapter/adapter.js';
import { eventually } from '../../support/eventually.js';
import { hostileText, onTheWire } from '../../support/hostile-text.js';
import { rounds } from '../../support/rounds.js';
import { openSockets } from '../../support/open-sockets.js';
import { watchTimers } from '../../support/open-timers.js';
import { AdapterNode, type AdapterClient, type AdapterSetup } from './adapter-node.js';
import { adapterFaults } from './adapter-faults.js';

/** What every adapter owes its nodes, whatever carries the frames. */
export function adapterContract(
  name: string,
  start: () => Promise<AdapterSetup>,
  { skip = false, faults = true } = {},
): void {
  describe.skipIf(skip)(`${name} as an adapter`, () => {
    let setup: AdapterSetup;
    beforeAll(async () => {
      setup = await start();
    }, 60_000);
    afterAll(() => setup.stop());

    const client = async (prefix?: string): Promise<AdapterClient> => {
      const made = await setup.node(prefix);
      onTestFinished(async () => {
        await made.close();
      });
      return made;
    };
    const join = async (prefix?: string): Promise<AdapterNode> =>
      AdapterNode.join((await client(prefix)).adapter);

    it('is in reach once a node has joined, and reports that first', async () => {
      expect((await join()).states).toEqual([true]);
    });

    it('carries a frame to one node, to everyone, and to oneself', async () => {
      const [a, b, c] = [await join(), await join(), await join()];
      expect(await a.send(b, 'to b')).toBe(true);
      expect(await a.send(a, 'to a')).toBe(true);
      expect(await a.member.send(EVERYONE, 'to all')).toBe(true);
      for (const node of [b, c]) await node.has('to all');
      await a.has('to a');
      expect(b.frames).toEqual(['to b', 'to all']);
      expect(c.frames).toEqual(['to all']);
      // One's own frames for everyone may come back.
      expect(a.frames.filter((frame) => frame !== 'to all')).toEqual(['to a']);
    });

    it('never delivers within the call of send', async () => {
      const a = await join();
      const sent = a.send(a, 'later');
      expect(a.frames).toEqual([]);
      await sent;
      await a.has('later');
    });

    it('reports no listener at an address that was never joined', async () => {
      expect(await (await join()).member.send('nobody', 'lost')).toBe(false);
    });

    it('reports no listener after a node has left, and delivers nothing to it', async () => {
      const [a, b] = [await join(), await join()];
      expect(await a.send(b, 'before')).toBe(true);
      await b.has('before');
      await b.member.leave();
      expect(await a.send(b, 'after')).toBe(false);
      expect(await a.member.send(EVERYONE, 'to those who stay')).toBe(true);
      await expect(b.send(a, 'from outside')).rejects.toThrow();
      expect(b.frames).toEqual(['before']);
      expect(b.states).toEqual([true]);
    });

    it('counts a node no more from the moment it has left', async () => {
      const [a, { adapter }] = [await join(), await client()];
      for (let round = 0; round < 30; round += 1) {
        const b = await AdapterNode.join(adapter);
        await b.member.leave();
        expect(await a.send(b, 'gone')).toBe(false);
      }
    });

    it("lets a node leave twice, and does not close the application's client", async () => {
      const a = await client();
      const node = await AdapterNode.join(a.adapter);
      await Promise.all([node.member.leave(), node.member.leave()]);
      await node.member.leave();
      await a.works();
      const again = await AdapterNode.join(a.adapter);
      expect(await again.send(again, 'again')).toBe(true);
    });

    it('leaves nothing open', async () => {
      const sockets = (): string[] => openSockets().filter((name) => !name.includes('Server'));
      await eventually(() => sockets().length === 0, 'the end of other sockets');
      const timers = watchTimers();
      const made = await setup.node();
      const node = await AdapterNode.join(made.adapter);
      await node.send(node, 'one');
      const atLeave = sockets();
      await node.member.leave();
      await rounds(5);
      expect(timers()).toEqual([]);
      await made.close();
      await eventually(() => sockets().length === 0, 'the end of all sockets');
      // A check that sees the sockets of a client.
      if (setup.server) expect(atLeave).not.toEqual([]);
    });

    it('keeps two prefixes apart', async () => {
      const [a, stranger] = [await join('one'), await join('two')];
      expect(await a.send(stranger, 'across')).toBe(false);
      await a.member.send(EVERYONE, 'to mine');
      await stranger.member.send(EVERYONE, 'to theirs');
      await stranger.has('to theirs');
      await a.has('to mine');
      expect(stranger.frames).toEqual(['to theirs']);
    });

    it('carries frames of a mebibyte', async () => {
      const [a, b] = [await join(), await join()];
      const frames = ['x'.repeat(2 ** 20), '😀'.repeat(2 ** 18)];
      for (const frame of frames) expect(await a.send(b, frame)).toBe(true);
      await eventually(() => b.frames.length === 2, 'both frames');
      expect(b.frames.every((frame, index) => frame === frames[index])).toBe(true);
    });

    it('carries any text', { timeout: 60_000 }, async () => {
      const [a, b] = [await join(), await join()];
      const texts = fc.array(hostileText(), { minLength: 1, maxLength: 20 });
      await fc.assert(
        fc.asyncProperty(texts, async (raw) => {
          const frames = raw.map(onTheWire);
          b.frames.length = 0;
          await Promise.all(frames.map((frame) => a.send(b, frame)));
          await eventually(() => b.frames.length >= frames.length, 'all frames');
          expect(b.frames).toEqual(frames);
        }),
        { numRuns: 30 },
      );
    });

    it('keeps 10,000 frames in order without failures', { timeout: 60_000 }, async () => {
      const [a, b] = [await join(), await join()];
      const frames = Array.from({ length: 10_000 }, (_, index) => `frame ${index}`);
      for (let from = 0; from < frames.length; from += 500) {
        await Promise.all(frames.slice(from, from + 500).map((frame) => a.send(b, frame)));
      }
      await eventually(() => b.frames.length === frames.length, 'all frames');
      expect(b.frames).toEqual(frames);
    });

    if (faults) adapterFaults(() => setup.server!, client);
  });
}
