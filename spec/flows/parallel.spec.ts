import { setImmediate as immediate } from 'node:timers/promises';
import { expect, it } from 'vitest';

import type { JsonRpcMessage, MessageHandler, Session } from '../../lib/index.js';
import { expectStats } from '../support/expect-stats.js';
import { eventually } from '../support/eventually.js';
import { notification, request, result } from '../support/messages.js';
import { connectV1 } from '../support/sdk/v1-client.js';
import { v1McpServer } from '../support/sdk/v1-servers.js';
import { newJournal } from '../support/sdk/tools.js';
import { connectV2 } from '../support/sdk/v2-client.js';
import { v2McpServer } from '../support/sdk/v2-servers.js';
import { serve } from '../support/serve.js';
import { StreamClient } from '../support/stream-client.js';

const SESSIONS = 100;
const CALLS = 4;
const calls = Array.from({ length: CALLS }, (_, id) => id);

/** Says whose call it was, after as many rounds of the loop and reports of progress as it asks. */
const echo: MessageHandler<string> = async (message, { session, progress }) => {
  const { rounds, said } = 'method' in message ? (message.params ?? {}) : {};
  for (let round = 0; round < Number(rounds); round += 1) {
    await immediate();
    await progress(round);
  }
  return { owner: session.data, said };
};

async function push(sessions: Session<string>[]): Promise<void> {
  for (const n of calls) {
    for (const session of sessions) void session.notify('pushed', { to: session.data, n });
    await immediate();
  }
}

const answersOf = ({ messages }: StreamClient): JsonRpcMessage[] =>
  messages.filter((message) => 'result' in message);
const pushedTo = ({ messages }: StreamClient): JsonRpcMessage[] =>
  messages.filter((message) => 'method' in message && message.method === 'pushed');

// Kills: a log, a queue or a table of requests that sessions share. All of them use the same ids
// and progress tokens, so whatever is kept by id alone ends in somebody else's stream.
it('keeps 100 sessions with the same ids apart', { timeout: 60_000 }, async () => {
  const { url, mcp } = await serve<string>({
    handler: echo,
    hooks: { onConnect: (req) => String(req.headers['x-name']) },
  });
  const names = Array.from({ length: SESSIONS }, (_, index) => `client ${index}`);
  const clients = await Promise.all(
    names.map((name) => StreamClient.open(`${url}/sse`, { 'X-Name': name })),
  );
  expect(new Set(clients.map(({ sessionId }) => sessionId)).size).toBe(SESSIONS);

  const posting = clients.map(async (client, index) => {
    for (const id of calls) {
      const said = `${names[index]!} says ${id}`;
      const rounds = (index * 7 + id * 3) % 5;
      await client.post(request(id, 'echo', { said, rounds, _meta: { progressToken: id } }));
    }
  });
  await Promise.all([...posting, push([...mcp.sessions])]);

  for (const [index, client] of clients.entries()) {
    const owner = names[index]!;
    await eventually(() => answersOf(client).length === CALLS && pushedTo(client).length === CALLS);
    expect(new Set(answersOf(client))).toEqual(
      new Set(calls.map((id) => result(id, { owner, said: `${owner} says ${id}` }))),
    );
    expect(pushedTo(client)).toEqual(calls.map((n) => notification('pushed', { to: owner, n })));
  }
  expectStats(mcp, { sessions: SESSIONS, inFlight: 0, totals: { discarded: 0, errors: {} } });
});

it('keeps simultaneous clients and servers of both SDKs apart', { timeout: 60_000 }, async () => {
  const { url, mcp } = await serve({
    server: ({ headers }) =>
      headers['x-sdk'] === 'v1' ? v1McpServer(newJournal()) : v2McpServer(newJournal()),
  });
  const clients = await Promise.all(
    Array.from({ length: 24 }, async (_, index) => {
      const sdk = index % 3 === 0 ? 'v1' : 'v2';
      const connect = index % 2 === 0 ? connectV1 : connectV2;
      return { sdk, client: await connect(`${url}/sse`, { 'X-Sdk': sdk }) };
    }),
  );
  const work = clients.map(async ({ sdk, client }, index) => {
    expect(client.serverName).toBe(sdk);
    const progress: number[] = [];
    const onprogress = (report: { progress: number }): number => progress.push(report.progress);
    const answers = await Promise.all([
      client.call('greet', { name: `client ${index}` }),
      client.call('count', { to: index }, { onprogress }),
      client.call('greet', { name: `client ${index} again` }),
    ]);
    expect(answers).toEqual([`Hello, client ${index}`, `${index}`, `Hello, client ${index} again`]);
    expect(progress).toEqual(Array.from({ length: index }, (_, n) => n + 1));
    expect(client.logs).toEqual([`counted to ${index}`]);
  });
  await Promise.all(work);
  expectStats(mcp, { sessions: 24, inFlight: 0, totals: { errors: {} } });
});
