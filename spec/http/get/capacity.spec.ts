import { describe, expect, it } from 'vitest';

import { deferred } from '../../support/deferred.js';
import { eventually } from '../../support/eventually.js';
import { expectStats } from '../../support/expect-stats.js';
import { openWhenFree } from '../../support/open-when-free.js';
import { RawClient } from '../../support/raw-client.js';
import { expectRefusal } from '../../support/refusal.js';
import { serve } from '../../support/serve.js';
import { fetchText, StreamClient } from '../../support/stream-client.js';

describe('[30] over the cap', () => {
  it('refuses with 503 and Retry-After, until a client leaves', async () => {
    const { url, mcp } = await serve({ limits: { maxSessions: 2 } });
    const [first] = [await StreamClient.open(`${url}/sse`), await StreamClient.open(`${url}/sse`)];
    const answer = await fetchText(`${url}/sse`, {});
    expectRefusal(answer, 503, -32000);
    expect(answer.headers['retry-after']).toMatch(/^\d+$/);
    expectStats(mcp, { sessions: 2, totals: { errors: {} } });

    first.drop();
    await openWhenFree(`${url}/sse`);
    expectRefusal(await fetchText(`${url}/sse`, {}), 503, -32000);
  });

  it('accepts no more of many simultaneous clients than there are slots', async () => {
    const connecting = deferred();
    let waiting = 0;
    const { url, mcp } = await serve({
      limits: { maxSessions: 3 },
      security: { principal: async () => undefined },
      hooks: {
        onConnect: () => {
          waiting += 1;
          return connecting.promise;
        },
      },
    });
    const crowd = Array.from({ length: 20 }, () => StreamClient.open(`${url}/sse`));
    await eventually(() => waiting + (mcp.stats().totals.refused['too-many-sessions'] ?? 0) === 20);
    expect(waiting).toBe(3);
    connecting.resolve();
    const statuses = (await Promise.all(crowd)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(3);
    expect(statuses.filter((status) => status === 503)).toHaveLength(17);
    expect(mcp.sessions.size).toBe(3);
  });

  it('frees the slot of a client that leaves while its stream is opening', async () => {
    let waiting = 0;
    const { url, port } = await serve({
      limits: { maxSessions: 1 },
      hooks: {
        onConnect: (_req, { signal }) => {
          waiting += 1;
          if (waiting > 1) return;
          return new Promise<void>((resolve) => {
            signal.addEventListener('abort', () => {
              resolve();
            });
          });
        },
      },
    });
    const leaving = await RawClient.send(port, 'GET /sse HTTP/1.1', 'Host: localhost');
    await eventually(() => waiting === 1, 'the hook to wait');
    expectRefusal(await fetchText(`${url}/sse`, {}), 503, -32000);
    leaving.drop();
    await openWhenFree(`${url}/sse`);
  });

  it('counts the sessions of each principal separately', async () => {
    const principal = (req: { headers: Record<string, unknown> }): string | undefined =>
      req.headers.user as string | undefined;
    const { url } = await serve({
      limits: { maxSessions: 100, maxSessionsPerPrincipal: 1 },
      security: { principal },
    });
    const open = (user?: string): Promise<StreamClient> =>
      StreamClient.open(`${url}/sse`, user === undefined ? {} : { user });
    const ann = await open('ann');
    expect((await open('ann')).status).toBe(503);
    expect((await open('bob')).status).toBe(200);
    expect([(await open()).status, (await open()).status], 'the anonymous').toEqual([200, 200]);

    ann.drop();
    let again = await open('ann');
    while (again.status === 503) again = await open('ann');
    expect((await open('ann')).status).toBe(503);
  });

  it('frees every slot of clients that come and go at any moment', async () => {
    const { url, port, mcp } = await serve({
      limits: { maxSessions: 5 },
      hooks: { onConnect: async () => new Promise<void>((resolve) => setImmediate(resolve)) },
    });
    for (let round = 0; round < 20; round += 1) {
      const clients = await Promise.all(
        Array.from({ length: 5 }, () =>
          RawClient.send(port, 'GET /sse HTTP/1.1', 'Host: localhost'),
        ),
      );
      // Some are refused, some have their stream, some are on the way.
      if (round % 2 === 0) await clients[0]!.received('HTTP/1.1');
      for (const client of clients) client.drop();
    }
    await eventually(() => mcp.sessions.size === 0, 'the end of all sessions');
    for (let slot = 0; slot < 5; slot += 1) await openWhenFree(`${url}/sse`);
    expect((await StreamClient.open(`${url}/sse`)).status).toBe(503);
  });
});
