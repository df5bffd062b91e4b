import express, { type RequestHandler } from 'express';
import { describe, expect, it, onTestFinished, vi } from 'vitest';

import { mcpSse } from '../../lib/index.js';
import { openSession, type OpenSessionOptions, type TestSession } from '../../lib/testing/index.js';
import { eventually } from '../support/eventually.js';

const SOON = { timeoutMs: 30 };
/** On a slow machine, too. */
const ENOUGH_TO_POST = { timeoutMs: 1_000 };
const ENOUGH_TO_OPEN = { timeoutMs: 2_000 };

/** A session on a stream that consists of `text`, and goes on in silence. */
function openOn(text: string, options: OpenSessionOptions = {}): Promise<TestSession> {
  const stream: RequestHandler = (_req, res) => {
    res.writeHead(200, { 'Content-Type': 'text/event-stream' });
    res.write('event: endpoint\ndata: /message?sessionId=1\n\n' + text);
  };
  const app = express().get('/sse', stream);
  app.post('/message', (_req, res) => void res.status(202).end());
  return openSession(app, { initialize: false, ...options });
}

const eventOf = (message: object, id?: string): string =>
  `${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(message)}\n\n`;

const messageOf = (wait: Promise<unknown>): Promise<string> =>
  wait.then(
    () => 'it succeeded',
    (error: unknown) => (error as Error).message,
  );

describe('a wait that has failed', () => {
  it.each([
    ['no message', undefined],
    ['no message "notifications/progress"', 'notifications/progress'],
    ['no answer with the id 7', 7],
    ['no message that the test picks', () => false],
  ])('names the wait: %s', async (what, match) => {
    await using session = await openOn('');
    const message = await messageOf(session.next(match, SOON));
    expect(message.split('\n')[0]).toBe(`${what} within 30 ms`);
  });

  it('shows the received events, and marks those that no wait has taken', async () => {
    const events = [{ id: 1, result: {} }, { method: 'a' }].map((one) => eventOf(one)).join('');
    const long = { method: 'b', params: { text: 'x'.repeat(1_000) } };
    await using session = await openOn(`: hello\n\n${events}${eventOf(long, 'n.7')}`);
    await session.next('a');
    await session.next('b');
    const message = await messageOf(session.next('never', SOON));
    const shown = JSON.stringify(long).slice(0, 400);
    expect(message).toBe(
      [
        'no message "never" within 30 ms',
        'received: 4 events and 1 comment; no wait has taken those with *',
        '    endpoint: /message?sessionId=1',
        '  * message: {"id":1,"result":{}}',
        '    message: {"method":"a"}',
        `    message (id n.7): ${shown}… (1035 characters)`,
      ].join('\n'),
    );
  });

  it('shows the newest of many events', async () => {
    const events = Array.from({ length: 100 }, (_, n) => eventOf({ method: `m${n}` }));
    await using session = await openOn(events.join(''));
    await session.next('m99');
    const lines = (await messageOf(session.next('never', SOON))).split('\n');
    expect(lines).toHaveLength(23);
    expect(lines.slice(1, 4)).toEqual([
      'received: 101 events and 0 comments; no wait has taken those with *',
      '    … 81 earlier',
      '  * message: {"method":"m80"}',
    ]);
  });

  it('shows data that is not JSON', async () => {
    await using session = await openOn('data: {"half":\n\ndata: "text"\n\n');
    const message = await messageOf(session.next(undefined, SOON));
    expect(message).toContain('    message: {"half":\n    message: "text"');
    expect(session.messages).toEqual([]);
  });

  it('may be a wait for an answer', async () => {
    await using session = await openOn('');
    const message = await messageOf(session.request('tools/list', {}, ENOUGH_TO_POST));
    expect(message).toMatch(/^no answer to tools\/list within 1000 ms\nreceived: 1 event and/);
  });

  it('lasts as long as the timeoutMs of openSession, or its own', async () => {
    await using session = await openOn('', ENOUGH_TO_OPEN);
    const waits = [session.next(), session.request('ping'), session.closed].map(messageOf);
    const [next, answer, end] = await Promise.all(waits);
    expect(next).toMatch(/^no message within 2000 ms\nreceived: 1 event and/);
    expect(answer).toMatch(/^no answer to ping within 2000 ms\nreceived: 1 event and/);
    expect(end).toMatch(/^the stream did not end within 2000 ms\nreceived: 1 event and/);
  });

  it('names the end of the stream, at once', async () => {
    const mcp = mcpSse();
    await using session = await openSession(express().use(mcp), { timeoutMs: 60_000 });
    const waits = [session.next('a'), session.next('b')].map(messageOf);
    await mcp.closeSessions();
    for (const message of [...(await Promise.all(waits)), await messageOf(session.next('c'))]) {
      expect(message).toMatch(
        /^no message ".": the server has ended the stream\nreceived: 2 events/,
      );
    }
  });

  it('names the test itself if that closed the stream', async () => {
    const session = await openOn('', { timeoutMs: 60_000 });
    const waits = [session.next('a'), session.request('tools/list')].map(messageOf);
    await eventually(() => session.events.length > 0);
    await session.close();
    expect(await waits[0]).toMatch(/^no message "a": the test has dropped or closed the stream/);
    expect(await waits[1]).toMatch(/the session was closed|the test has dropped or closed/);
  });

  it('does not end the process if it is not awaited', async () => {
    await using session = await openOn('', ENOUGH_TO_OPEN);
    void session.closed;
    await messageOf(session.next('never', { timeoutMs: 2_500 }));
  });
});

it('keeps its deadlines under a fake clock', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'Date'] });
  onTestFinished(() => void vi.useRealTimers());
  await using session = await openOn('');
  await expect(session.next('never', SOON)).rejects.toThrow('within 30 ms');
});

it("accepts a deadline longer than a timer's", async () => {
  await using session = await openOn(eventOf({ method: 'a' }), { timeoutMs: Infinity });
  const wait = session.next('b');
  await session.next('a');
  session.drop();
  await expect(wait).rejects.toThrow('the test has dropped');
});
