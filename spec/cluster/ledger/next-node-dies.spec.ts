import { setTimeout } from 'node:timers/promises';

import { expect, it } from 'vitest';

import { eventually } from '../../support/eventually.js';
import { FaultyAdapter } from '../../support/faulty-adapter.js';
import { lastId } from '../../support/returning-client.js';
import { serve, type Served } from '../../support/serve.js';
import { discovered } from '../../support/serve-nodes.js';
import { StreamClient } from '../../support/stream-client.js';
import { openAndMissAnswer } from './returning.js';

const handler = (): object => ({});
const callsKept = (node: Served<unknown>): number => node.mcp.stats().cluster?.callsKept ?? 0;
const nameOf = (node: Served<unknown>): string => node.mcp.stats().cluster?.node ?? '';

it(
  'the client gets the answers of a session whose next node dies before it begins',
  { timeout: 60_000 },
  async () => {
    const adapter = new FaultyAdapter();
    // It runs before anything of that turn is sent.
    const hooks = { onSessionHandOver: (_: unknown, node: string) => adapter.dead.add(node) };
    const nodes = [await serve({ handler, adapter, hooks }), await serve({ handler, adapter })];
    nodes.push(await serve({ handler, adapter }));
    await discovered(nodes);
    const [leaving, ...others] = nodes as [Served<unknown>, ...Served<unknown>[]];
    const client = await openAndMissAnswer(leaving);
    await eventually(() => others.some((node) => callsKept(node) === 1), 'a node that keeps it');
    await leaving.mcp.close();
    const third = others.find((node) => !adapter.dead.has(nameOf(node)))!;
    expect(callsKept(third)).toBe(1);
    const headers = { 'Last-Event-ID': lastId(client) };
    const messages: unknown[] = [];
    // It is told to try again, and nothing else, until the node that it asks for seems to be gone.
    while (messages.length === 0) {
      await setTimeout(50);
      const back = await StreamClient.begin(`${third.url}/sse`, headers);
      await back.end();
      messages.push(...back.messages);
    }
    expect(messages).toMatchObject([{ id: 1, error: { code: -32010 } }]);
  },
);
