import type { ServerResponse } from 'node:http';

import { expect, it } from 'vitest';

import { eventually } from '../support/eventually.js';
import { Relay } from '../support/relay.js';
import {
  lastId,
  numbers,
  onlySession,
  openAsSdk,
  openWithIds,
  returnAsSdk,
  returnWithId,
  sendNumbers,
} from '../support/returning-client.js';
import { rounds } from '../support/rounds.js';
import { serve } from '../support/serve.js';
import { StreamClient } from '../support/stream-client.js';

const handler = (): object => ({});

/** A server behind a relay, the responses of its streams, and what its hooks are told. */
async function behindRelay() {
  const responses: ServerResponse[] = [];
  const life: string[] = [];
  const { port, mcp } = await serve(
    {
      handler,
      hooks: {
        onSessionDetach: () => life.push('detach'),
        onSessionResume: () => life.push('resume'),
        onSessionClose: (_, reason) => life.push(reason),
      },
    },
    {
      way: 'router',
      prepare: (app) =>
        app.use((req, res, next) => {
          if (req.method === 'GET') responses.push(res);
          next();
        }),
    },
  );
  const relay = await Relay.to(port);
  return { relay, url: `${relay.url}/sse`, mcp, responses, life };
}

const roads = [
  ['Last-Event-ID', openWithIds, returnWithId],
  ['a probe', openAsSdk, returnAsSdk],
] as const;

it.each(roads)(
  '[38] back by %s while the old socket is half open: the newest wins, the old one ends at once',
  async (_, open, comeBack) => {
    const { relay, url, mcp, responses, life } = await behindRelay();
    const client = await open(url);
    const session = onlySession(mcp);
    relay.loseClients();
    await client.end();
    await sendNumbers(session, 1, 3);
    expect([session.state, life]).toEqual(['open', []]);
    const again = await comeBack(client);
    expect(responses[0]?.destroyed).toBe(true);
    await eventually(() => responses[0]!.closed);
    await rounds(3);
    // What the old handler cleans up late is its own.
    expect([session.state, life]).toEqual(['open', ['resume']]);
    await sendNumbers(session, 4, 5);
    await eventually(() => numbers(again).length === 5);
    expect(numbers(again)).toEqual([1, 2, 3, 4, 5]);
  },
);

it('[38] only the newest of many streams is left, whatever order they end in', async () => {
  const { url, mcp, life } = await behindRelay();
  const client = await openWithIds(url);
  const session = onlySession(mcp);
  await sendNumbers(session, 1, 10);
  const again = await Promise.all(Array.from({ length: 8 }, () => returnWithId(client)));
  await eventually(() => again.filter(({ ended }) => !ended).length === 1, 'one stream to be left');
  await eventually(() => client.ended);
  const [left] = again.filter(({ ended }) => !ended);
  await sendNumbers(session, 11, 12);
  await eventually(() => numbers(left!).at(-1) === 12);
  expect(numbers(left!)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  expect(life).toEqual(Array.from({ length: 8 }, () => 'resume'));
  expect(session.state).toBe('open');
});

it('[38] a stream that is half open does not keep its session from being closed', async () => {
  const { relay, url, mcp, life } = await behindRelay();
  const client = await openWithIds(url);
  relay.loseClients();
  await client.end();
  onlySession(mcp).close('kicked');
  expect([mcp.sessions.size, life]).toEqual([0, ['kicked']]);
  const refused = await StreamClient.begin(url, { 'Last-Event-ID': lastId(client) });
  expect(refused.status).toBe(404);
});
