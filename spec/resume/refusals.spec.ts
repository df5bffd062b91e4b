import { expect, it } from 'vitest';

import { eventually } from '../support/eventually.js';
import {
  FETCHES,
  lastId,
  NEGOTIATED,
  numbers,
  onlySession,
  openAsSdk,
  openWithIds,
  RESUMES,
  returnWithId,
  sendNumbers,
} from '../support/returning-client.js';
import { serve } from '../support/serve.js';
import { fetchText, post, StreamClient } from '../support/stream-client.js';

const security = {
  principal: (req: { headers: Record<string, unknown> }) => req.headers.user as string | undefined,
};
const ANN = { User: 'ann' };

/** Ann's session, of whose ten messages the last two are kept, and an id that still leads to it. */
async function annsSession() {
  const { url, mcp } = await serve({
    handler: () => ({}),
    security,
    resume: { maxEvents: 2, retryMs: 10 },
  });
  const client = await openWithIds(`${url}/sse`, ANN);
  await sendNumbers(onlySession(mcp), 1, 10);
  await client.nextMessage(({ params }) => params?.n === 10);
  const [node, token, last] = lastId(client).split('.') as [string, string, string];
  return { url, mcp, client, node, token, last: Number(last) };
}

type Anns = Awaited<ReturnType<typeof annsSession>>;

const ids: [string, (session: Anns) => string][] = [
  ['is no id of this package', () => 'anything'],
  ['is an id with something around it', ({ client }) => `x${lastId(client)}x`],
  ['has a number that nobody writes', ({ node, token }) => `${node}.${token}.09`],
  ['has a negative number', ({ node, token }) => `${node}.${token}.-1`],
  ['has a number beyond counting', ({ node, token }) => `${node}.${token}.${'9'.repeat(16)}`],
  ['is from another process', ({ token, last }) => `${'A'.repeat(12)}.${token}.${last}`],
  ['names a stream that never was', ({ node, last }) => `${node}.${'A'.repeat(22)}.${last}`],
  ['lies in the future', ({ node, token, last }) => `${node}.${token}.${last + 1}`],
  ['is kept no longer', ({ node, token, last }) => `${node}.${token}.${last - 3}`],
];

/** What a client is told whose session is unknown, by whichever way it asks. */
async function unknownSession(url: string): Promise<string> {
  const { status, body } = await post(`${url}/message?sessionId=unknown`, {}, ANN);
  expect(status).toBe(404);
  return body;
}

it.each(ids)('[42] a Last-Event-ID that %s gets the 404 of an unknown session', async (_, make) => {
  const anns = await annsSession();
  const headers = { ...ANN, 'Last-Event-ID': make(anns) };
  const { status, body } = await fetchText(`${anns.url}/sse`, { headers });
  expect([status, body]).toEqual([404, await unknownSession(anns.url)]);
  expect(onlySession(anns.mcp).state).toBe('open');
  const again = await returnWithId(anns.client, ANN);
  await onlySession(anns.mcp).notify('number', { n: 11 });
  await eventually(() => numbers(again).includes(11));
});

it("[42] another principal's Last-Event-ID gets the 404 of an unknown session", async () => {
  const { url, mcp, client } = await annsSession();
  for (const user of [{ User: 'bob' }, {}]) {
    const headers = { ...user, 'Last-Event-ID': lastId(client) };
    const { status, body } = await fetchText(`${url}/sse`, { headers });
    expect([status, body]).toEqual([404, await unknownSession(url)]);
  }
  expect(client.ended).toBe(false);
  expect(mcp.stats().totals.refused['session-not-found']).toBe(4);
});

it('[42] a Last-Event-ID of a session that has closed gets 404', async () => {
  const { url, mcp, client } = await annsSession();
  onlySession(mcp).close();
  const headers = { ...ANN, 'Last-Event-ID': lastId(client) };
  expect((await fetchText(`${url}/sse`, { headers })).status).toBe(404);
});

it('the oldest Last-Event-ID without a gap resumes', async () => {
  const { url, mcp, node, token, last } = await annsSession();
  const headers = { ...ANN, 'Last-Event-ID': `${node}.${token}.${last - 2}` };
  const again = await StreamClient.open(`${url}/sse`, headers);
  await eventually(() => numbers(again).length === 2);
  expect(numbers(again)).toEqual([9, 10]);
  expect(onlySession(mcp).state).toBe('open');
});

it('a client that reconnects to a full server is told to try again, with 200', async () => {
  const { url, mcp } = await serve({
    handler: () => ({}),
    limits: { maxSessions: 1 },
    resume: { probeTimeoutMs: 20, retryMs: 500 },
  });
  await openWithIds(`${url}/sse`);
  const again = await StreamClient.begin(`${url}/sse`, { ...FETCHES, ...NEGOTIATED });
  await again.end();
  expect(again.status).toBe(200);
  expect(again.headers['content-type']).toBe('text/event-stream; charset=utf-8');
  expect(again.text).toMatch(/(^|\n\n)retry: \d+\n\n$/);
  expect(mcp.stats().totals.refused).toEqual({ 'too-many-sessions': 1 });
  for (const headers of [{}, RESUMES, FETCHES]) {
    const first = await fetchText(`${url}/sse`, { headers });
    expect([first.status, first.headers['retry-after']]).toEqual([503, '1']);
  }
});

it('a client that reconnects to a server that shuts down is told to try again, with 200', async () => {
  let answer = (): void => {};
  const working = new Promise<object>((resolve) => (answer = () => resolve({})));
  const { url, mcp } = await serve({
    handler: (message) => ('method' in message && message.method === 'work' ? working : {}),
  });
  const [ids, sdk] = [await openWithIds(`${url}/sse`), await openAsSdk(`${url}/sse`)];
  await ids.post({ jsonrpc: '2.0', id: 'w', method: 'work' });
  const closed = mcp.close({ timeoutMs: 10_000 });
  await sdk.end();
  const sdkAgain = await StreamClient.begin(`${url}/sse`, { ...FETCHES, ...NEGOTIATED });
  await sdkAgain.end();
  expect([sdkAgain.status, sdkAgain.text]).toEqual([
    200,
    expect.stringMatching(/^retry: \d+\n\n$/),
  ]);
  expect((await fetchText(`${url}/sse`, { headers: RESUMES })).status).toBe(503);
  // What is promised to a session that is there still holds: it comes back for its answer.
  const idsAgain = await returnWithId(ids);
  answer();
  expect((await idsAgain.nextMessage(({ id }) => id === 'w')).result).toEqual({});
  await closed;
});
