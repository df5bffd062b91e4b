import { describe, expect, it } from 'vitest';

import type { McpSseOptions } from '../../lib/index.js';
import type { LiveSession } from '../../lib/session/live-session.js';
import { eventually } from '../support/eventually.js';
import {
  lastId,
  numbers,
  onlySession,
  openWithIds,
  returnWithId,
} from '../support/returning-client.js';
import { rounds } from '../support/rounds.js';
import { serve } from '../support/serve.js';
import { openStalled } from '../support/stalled-client.js';

/** Missed by the client: enough for many turns of the writer, and more than a socket swallows. */
const MISSED = 3_000;
const PAD = 'x'.repeat(2_000);

/** A session whose client has gone and has missed 6 MB. */
async function withMissed(hooks: McpSseOptions['hooks'] = {}) {
  const closed: string[] = [];
  const served = await serve({
    handler: () => ({}),
    hooks: { ...hooks, onSessionClose: (_, reason) => closed.push(reason) },
    resume: { maxBytes: 16 << 20 },
  });
  const client = await openWithIds(`${served.url}/sse`);
  const session = onlySession(served.mcp);
  client.drop();
  await eventually(() => session.state === 'detached');
  for (let n = 1; n <= MISSED; n += 1) send(session, n);
  return { ...served, client, session, closed };
}

const send = (session: Pick<LiveSession, 'notify'>, n: number): void =>
  void session.notify('number', { n, pad: PAD });

const upTo = (last: number): number[] => Array.from({ length: last }, (_, index) => index + 1);

describe('while missed messages are replayed', () => {
  it('[39] new messages come after them, without a gap or a repeat', async () => {
    let next = MISSED + 1;
    const { client, session } = await withMissed({
      onSessionResume: (resumed) => resumed.notify('number', { n: next++ }),
    });
    const again = await returnWithId(client);
    while (session.bufferedBytes > 0) {
      send(session, next++);
      await rounds();
    }
    expect(next).toBeGreaterThan(MISSED + 10);
    await eventually(() => numbers(again).at(-1) === next - 1);
    expect(numbers(again)).toEqual(upTo(next - 1));
    expect(again.events.map(({ id }) => id?.split('.')[2])).toEqual(
      [0, ...upTo(next - 1)].map((offset) => String(offset + 1)),
    );
  });

  it('[40] a keep-alive is never inside a frame, and never has an id', async () => {
    const { client, session } = await withMissed();
    const again = await returnWithId(client);
    while (session.bufferedBytes > 0) {
      void session.sender.writer?.write(': keep-alive\n');
      await rounds();
    }
    session.keepAlive();
    await eventually(() => numbers(again).length === MISSED);
    await eventually(() => again.text.endsWith('\n: keep-alive\n'));
    expect(again.comments.length).toBeGreaterThan(10);
    expect(numbers(again)).toEqual(upTo(MISSED));
    const frames = again.text.replaceAll(/^: keep-alive\n/gm, '');
    expect(frames).not.toContain('keep-alive');
    expect(frames.match(/^id: /gm)).toHaveLength(MISSED + 1);
  });

  it('[41] a close delivers all of them to a client that reads', async () => {
    const { client, session, closed } = await withMissed({
      onSessionResume: (resumed) => {
        resumed.close('kicked');
      },
    });
    const again = await returnWithId(client);
    await again.end();
    expect(numbers(again)).toEqual(upTo(MISSED));
    expect([session.state, closed]).toEqual(['closed', ['kicked']]);
  });

  it('[41] a shutdown delivers all of them to a client that reads', async () => {
    const { client, mcp, closed } = await withMissed();
    const again = await returnWithId(client);
    await mcp.close();
    await again.end();
    expect(numbers(again)).toEqual(upTo(MISSED));
    expect(again.text).toMatch(/\n\nretry: \d+\n\n/);
    expect(closed).toEqual(['shutdown']);
  });

  it('[41] a shutdown gives up a client that does not read, at its deadline', async () => {
    const { port, client, session, mcp, closed } = await withMissed();
    const stalled = await openStalled(port, '/sse', { 'Last-Event-ID': lastId(client) });
    await eventually(() => session.state === 'open');
    const ended = new Promise((resolve) => stalled.once('close', resolve));
    await mcp.close({ timeoutMs: 50 });
    stalled.resume();
    await ended;
    expect(closed).toEqual(['shutdown']);
  });

  it('[41] a cut leaves the session as it was: all of them are sent again', async () => {
    const { port, client, session, closed } = await withMissed();
    const stalled = await openStalled(port, '/sse', { 'Last-Event-ID': lastId(client) });
    await eventually(() => session.state === 'open');
    stalled.destroy();
    await eventually(() => session.state === 'detached');
    const again = await returnWithId(client);
    await eventually(() => numbers(again).length === MISSED);
    expect(numbers(again)).toEqual(upTo(MISSED));
    expect(closed).toEqual([]);
  });
});
