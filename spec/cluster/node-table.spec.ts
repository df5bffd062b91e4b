import { expect, it } from 'vitest';

import { LinkBudget } from '../../lib/cluster/link/link-budget.js';
import { parsePacket } from '../../lib/cluster/link/packet.js';
import { NodeTable } from '../../lib/cluster/node-table.js';
import type { PeerOwner } from '../../lib/cluster/peer.js';
import { eventually } from '../support/eventually.js';

/** Two nodes, each with its table, on an adapter that loses nothing. */
function twoTables(onCall: PeerOwner['onCall']) {
  const frames: string[] = [];
  const tables = new Map<string, NodeTable>();
  const tableOf = (self: string): NodeTable => {
    const owner: PeerOwner = {
      self,
      contact: {
        since: -Infinity,
        upSince: -Infinity,
        // In these specs the clock jumps.
        heartbeatMs: 3_600_000,
        graceMs: 6_000,
        isProof: () => true,
      },
      budget: new LinkBudget(),
      maxFrameBytes: Infinity,
      leaving: false,
      onCall,
      onError: () => undefined,
      transmit: async (to, text) => {
        frames.push(text);
        const packet = parsePacket(text);
        setImmediate(() => {
          const recipient = tables.get(to)!;
          const node = recipient.get(self)!;
          recipient.heard(node, performance.now());
          if (packet?.kind === 'link') recipient.packetArrived(node, packet);
        });
        return true;
      },
    };
    const table = new NodeTable(owner, () => undefined);
    table.setUp(true);
    tables.set(self, table);
    return table;
  };
  const [here, there] = [tableOf('here'), tableOf('there')];
  for (const [table, name] of [
    [here, 'there'],
    [there, 'here'],
  ] as const) {
    table.heard(table.meet(name)!, performance.now());
  }
  return { here, there, frames };
}

const nobody = async (): Promise<undefined> => undefined;
const inAMinute = (): number => performance.now() + 60_000;

it('makes a peer on first use, and forgets it when it is idle', async () => {
  const { here, there } = twoTables(nobody);
  expect([here.peers, there.peers]).toEqual([[], []]);
  await here.peer('there')!.call('post', {});
  await eventually(() => !here.peer('there')!.isBusy && !there.peer('here')!.isBusy);
  here.tick(performance.now() + 59_000);
  expect(here.peers).toHaveLength(1);
  here.tick(inAMinute());
  there.tick(inAMinute());
  expect([here.peers, there.peers, here.living]).toEqual([[], [], 1]);
  expect(here.counts.requestsSent).toBe(1);
});

it('keeps a peer with a stream or an unanswered request', async () => {
  const { here } = twoTables(() => new Promise(() => undefined));
  const call = here.peer('there')!.call('post', {}, 50);
  here.tick(inAMinute());
  expect(here.peers).toHaveLength(1);
  await expect(call).rejects.toMatchObject({ code: 'outcome-unknown' });
  await eventually(() => !here.peer('there')!.isBusy);
  const { stream } = here.peer('there')!.importStream();
  here.tick(inAMinute() - 45_000);
  expect(here.peers).toHaveLength(1);
  stream.abandon();
});

it.each<[string, (tables: { here: NodeTable; there: NodeTable }) => NodeTable[]]>([
  ['both sides', ({ here, there }) => [here, there]],
  ['the side that asks', ({ here }) => [here]],
  ['the side that answers', ({ there }) => [there]],
])('continues after a link was forgotten by %s', async (_, forgetful) => {
  const received: unknown[] = [];
  const tables = twoTables(async (_operation, params) => received.push(params));
  const { here, there } = tables;
  for (let round = 1; round <= 3; round += 1) {
    const began = performance.now();
    expect(await here.peer('there')!.call('post', { round })).toBe(round);
    // Anything but the next number is asked for again, for seconds.
    expect(performance.now() - began).toBeLessThan(2_000);
    await eventually(() => !here.peer('there')!.isBusy && !there.peer('here')!.isBusy);
    for (const table of forgetful(tables)) {
      table.tick(inAMinute());
      expect(table.peers).toEqual([]);
    }
  }
  expect(received).toEqual([{ round: 1 }, { round: 2 }, { round: 3 }]);
  expect([here.counts.requestsSent, here.counts.resent]).toEqual([3, 0]);
});
