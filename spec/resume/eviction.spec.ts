// Alone: there is one budget for the process, and other specs leave something on it.
import { expect, it } from 'vitest';

import type { LiveSession } from '../../lib/session/live-session.js';
import { eventually } from '../support/eventually.js';
import {
  lastId,
  numbers,
  openWithIds,
  returnWithId,
  sendNumbers,
} from '../support/returning-client.js';
import { serve } from '../support/serve.js';
import { StreamClient } from '../support/stream-client.js';

it('evicts the longest-detached session first, and reports it', async () => {
  const closed: string[] = [];
  const { url, mcp } = await serve({
    handler: () => ({}),
    limits: { maxTotalBytes: 46_000 },
    hooks: { onSessionClose: ({ id }, reason) => closed.push(`${id} ${reason}`) },
  });
  const clients: StreamClient[] = [];
  const sessions: LiveSession[] = [];
  for (let n = 0; n < 4; n += 1) {
    const client = await openWithIds(`${url}/sse`);
    clients.push(client);
    sessions.push(mcp.sessions.get(client.sessionId) as unknown as LiveSession);
  }
  // They leave in another order than they came in.
  for (const n of [2, 0, 3]) {
    clients[n]!.drop();
    await eventually(() => sessions[n]!.state === 'detached');
  }
  for (const session of sessions) await sendNumbers(session, 1, 40);
  expect(closed).toEqual([]);
  await sendNumbers(sessions[0]!, 41, 80);
  expect(closed).toEqual([`${sessions[2]!.id} replay-evicted`]);
  await sendNumbers(sessions[1]!, 41, 80);
  expect(closed.slice(1)).toEqual([`${sessions[0]!.id} replay-evicted`]);
  expect(mcp.stats().totals.closed).toEqual({ 'replay-evicted': 2 });
  const headers = { 'Last-Event-ID': lastId(clients[2]!) };
  expect((await StreamClient.begin(`${url}/sse`, headers)).status).toBe(404);
  const again = await returnWithId(clients[3]!);
  await eventually(() => numbers(again).length === 40);
});
