import { describe, expect, it } from 'vitest';

import { McpSseError, type McpSseOptions, type McpSseRouter } from '../../lib/index.js';
import type { SessionRegistry } from '../../lib/session/registry.js';
import { Sweeper } from '../../lib/session/sweeper.js';
import { eventually } from '../support/eventually.js';
import {
  lastId,
  onlySession,
  openAsSdk,
  openWithIds,
  returnAsSdk,
  returnWithId,
  liveOf,
} from '../support/returning-client.js';
import { serve } from '../support/serve.js';
import { openStalled } from '../support/stalled-client.js';
import { StreamClient } from '../support/stream-client.js';

/** A server that writes down what its hooks are told, with the state the session is in by then. */
async function serveWithLife(options: McpSseOptions = {}) {
  const life: string[] = [];
  const served = await serve({
    handler: () => ({}),
    ...options,
    hooks: {
      onSessionOpen: ({ state }) => life.push(`open ${state}`),
      onSessionDetach: ({ state }, reason) => life.push(`detach ${state} ${reason}`),
      onSessionResume: ({ state }) => life.push(`resume ${state}`),
      onSessionClose: ({ state }, reason) => life.push(`close ${state} ${reason}`),
    },
  });
  return { ...served, life };
}

const WINDOW_MS = 60_000;

/** Another upkeep of the same sessions, for which it can be as late as the spec likes. */
function sweeperOf({ sessions }: McpSseRouter, closedWindowMs: number | false = false): Sweeper {
  const live = [...sessions].map(liveOf);
  return new Sweeper(live as unknown as SessionRegistry, {
    keepAliveMs: 1_000,
    ping: { timeoutMs: 1_000, strict: true },
    initializeTimeoutMs: 1_000,
    idleTimeoutMs: 1_000,
    windowMs: WINDOW_MS,
    closedWindowMs,
  });
}

const OPEN = 'open open';
const DETACHED = 'detach detached client-disconnected';
const RESUMED = 'resume open';

describe('the life of a session', () => {
  it.each([
    ['by Last-Event-ID', openWithIds, returnWithId],
    ['by a probe', openAsSdk, returnAsSdk],
  ] as const)('goes on as often as its client comes back %s', async (_, open, comeBack) => {
    const { url, mcp, life } = await serveWithLife();
    let client = await open(`${url}/sse`);
    const session = onlySession(mcp);
    for (let round = 0; round < 3; round += 1) {
      client.drop();
      await eventually(() => session.state === 'detached');
      client = await comeBack(client);
    }
    session.close('kicked');
    await client.end();
    const rounds = [DETACHED, RESUMED, DETACHED, RESUMED, DETACHED, RESUMED];
    expect(life).toEqual([OPEN, ...rounds, 'close closed kicked']);
    const { opened, detached, resumed, closed } = mcp.stats().totals;
    expect([opened, detached, resumed, closed]).toEqual([1, 3, 3, { other: 1 }]);
  });

  it('ends when its client has been away for windowMs, with the reason of its loss', async () => {
    const { url, mcp, life } = await serveWithLife({ resume: { windowMs: 40 } });
    const client = await openWithIds(`${url}/sse`);
    const { signal } = onlySession(mcp);
    client.drop();
    await eventually(() => mcp.sessions.size === 0);
    expect(life).toEqual([OPEN, DETACHED, 'close closed client-disconnected']);
    expect(signal.aborted).toBe(true);
    const late = await StreamClient.begin(`${url}/sse`, { 'Last-Event-ID': lastId(client) });
    expect(late.status).toBe(404);
  });

  it('ends after closedWindowMs if its client has closed its stream with a FIN', async () => {
    const { url, mcp, life } = await serveWithLife({ resume: { closedWindowMs: 40 } });
    const client = await openWithIds(`${url}/sse`);
    client.drop();
    await eventually(() => mcp.sessions.size === 0);
    expect(life).toEqual([OPEN, DETACHED, 'close closed client-disconnected']);
  });

  it('waits for the whole window when the connection was reset', async () => {
    const { port, mcp } = await serveWithLife();
    const lost = await openStalled(port, '/sse', { 'Mcp-Sse-Resume': '1' });
    await eventually(() => mcp.sessions.size === 1);
    const session = onlySession(mcp);
    lost.resetAndDestroy();
    await eventually(() => session.state === 'detached');
    sweeperOf(mcp, 1_000).sweep(performance.now() + WINDOW_MS - 10_000);
    expect(session.state).toBe('detached');
    sweeperOf(mcp, 1_000).sweep(performance.now() + WINDOW_MS);
    expect(session.state).toBe('closed');
  });

  it('waits for the whole window when the server itself has ended the connection', async () => {
    const { url, mcp } = await serveWithLife();
    await openWithIds(`${url}/sse`);
    const session = onlySession(mcp);
    session.sender.dropConnection(new McpSseError('write-timeout', 'too slow'));
    sweeperOf(mcp, 1_000).sweep(performance.now() + WINDOW_MS - 10_000);
    expect(session.state).toBe('detached');
  });

  it('is measured from the last loss: each return restarts the window', async () => {
    const { url, mcp, life } = await serveWithLife();
    const client = await openWithIds(`${url}/sse`);
    const session = onlySession(mcp);
    client.drop();
    await eventually(() => session.state === 'detached');
    const again = await returnWithId(client);
    expect(session.ages(performance.now() + WINDOW_MS).detached).toBe(0);
    again.drop();
    await eventually(() => session.state === 'detached');
    const sweeper = sweeperOf(mcp);
    sweeper.sweep(performance.now() + WINDOW_MS - 10_000);
    expect(session.state).toBe('detached');
    sweeper.sweep(performance.now() + WINDOW_MS);
    expect(life.at(-1)).toBe('close closed client-disconnected');
  });

  it('has no idle timeout and no initialize timeout while its client is away', async () => {
    const { url, mcp } = await serveWithLife();
    const client = await StreamClient.open(`${url}/sse`, { 'Mcp-Sse-Resume': '1' });
    const session = onlySession(mcp);
    client.drop();
    await eventually(() => session.state === 'detached');
    sweeperOf(mcp).sweep(performance.now() + WINDOW_MS - 10_000);
    expect(session.state).toBe('detached');
    sweeperOf(mcp).sweep(performance.now() + WINDOW_MS);
    expect(session.state).toBe('closed');
  });

  it('is detached when its client stalls, and closed with that reason if no client comes back', async () => {
    const { port, mcp, life } = await serveWithLife({
      limits: { writeTimeoutMs: 100 },
      resume: { windowMs: 100 },
    });
    await openStalled(port, '/sse', { 'Mcp-Sse-Resume': '1' });
    await eventually(() => mcp.sessions.size === 1);
    const session = onlySession(mcp);
    for (let n = 0; n < 12; n += 1) void session.notify('big', { pad: 'x'.repeat(1 << 20) });
    await eventually(() => mcp.sessions.size === 0);
    expect(life).toEqual([OPEN, 'detach detached write-timeout', 'close closed write-timeout']);
    expect(mcp.stats().totals.errors).toEqual({ 'write-timeout': 1 });
  });

  it('may be closed by the hook for the loss', async () => {
    const reasons: string[] = [];
    const { url, mcp } = await serve({
      handler: () => ({}),
      hooks: {
        onSessionDetach: (session) => {
          session.close('no waiting here');
        },
        onSessionClose: (_, reason) => reasons.push(reason),
      },
    });
    const client = await openWithIds(`${url}/sse`);
    client.drop();
    await eventually(() => mcp.sessions.size === 0);
    expect(reasons).toEqual(['no waiting here']);
  });

  it('ends at once with a shutdown while its client is away', async () => {
    const { url, mcp, life } = await serveWithLife();
    const client = await openWithIds(`${url}/sse`);
    client.drop();
    await eventually(() => life.includes(DETACHED));
    await mcp.close({ timeoutMs: 60_000 });
    expect(life).toEqual([OPEN, DETACHED, 'close closed shutdown']);
  });
});
