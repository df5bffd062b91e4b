import { expect, it } from 'vitest';

import { eventually } from '../support/eventually.js';
import { expectRefusal } from '../support/refusal.js';
import { openWithIds, returnWithId } from '../support/returning-client.js';
import { serve } from '../support/serve.js';
import { fetchText, type StreamClient } from '../support/stream-client.js';

it.each([
  [0, 1],
  [1, 0],
])(
  'gives the slot of the longest-detached session (%i, before %i) to a new client',
  async (...leaving) => {
    const closed: string[] = [];
    const { url, mcp } = await serve({
      limits: { maxSessions: 3 },
      hooks: { onSessionClose: ({ id }, reason) => closed.push(`${id} ${reason}`) },
    });
    const clients: StreamClient[] = [];
    for (let n = 0; n < 3; n += 1) clients.push(await openWithIds(`${url}/sse`));
    const [first, second] = leaving.map((n) => clients[n]!);
    for (const client of [first!, second!]) {
      client.drop();
      await eventually(() => mcp.sessions.get(client.sessionId)?.state === 'detached');
    }
    await openWithIds(`${url}/sse`);
    expect(closed).toEqual([`${first!.sessionId} replay-evicted`]);
    await returnWithId(second!);
    expectRefusal(await fetchText(`${url}/sse`, {}), 503, -32000);
    expect(mcp.sessions.get(clients[2]!.sessionId)?.state).toBe('open');
    expect(closed).toHaveLength(1);
  },
);

it('gives no slot of another principal to one that has used up its own', async () => {
  const { url, mcp } = await serve({
    limits: { maxSessionsPerPrincipal: 1 },
    security: { principal: (req) => String(req.headers['x-user']) },
  });
  const ann = { 'X-User': 'ann' };
  const bob = await openWithIds(`${url}/sse`, { 'X-User': 'bob' });
  bob.drop();
  await eventually(() => mcp.sessions.get(bob.sessionId)?.state === 'detached');
  const first = await openWithIds(`${url}/sse`, ann);
  expectRefusal(await fetchText(`${url}/sse`, { headers: ann }), 503, -32000);
  first.drop();
  await eventually(() => mcp.sessions.get(first.sessionId)?.state === 'detached');
  await openWithIds(`${url}/sse`, ann);
  expect(mcp.stats().totals.closed).toEqual({ 'replay-evicted': 1 });
  expect(mcp.sessions.get(bob.sessionId)?.state).toBe('detached');
});
