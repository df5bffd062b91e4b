import { subscribe, unsubscribe } from 'node:diagnostics_channel';

import { expect, it, onTestFinished } from 'vitest';

import type { BridgeEvent } from '../../lib/bridge/index.js';
import { eventually } from '../support/eventually.js';
import { lastingPort } from '../support/lasting-port.js';
import { newJournal } from '../support/sdk/tools.js';
import { v1McpServer } from '../support/sdk/v1-servers.js';
import { bridged, greet, type Bridged } from './bridged.js';
import { serveV1 } from './upstreams.js';

const factory = () => v1McpServer(newJournal());

/** What the channel tells of the sessions of a bridge. */
function statesOf({ served }: Bridged): string[] {
  const states: string[] = [];
  const listener = (payload: unknown): void => {
    const { session, state } = payload as BridgeEvent;
    if (served.mcp.sessions.get(session.id) === session)
      states.push(`${state.state} ${state.era ?? ''}`.trimEnd());
  };
  subscribe('mcp-sse:bridge', listener);
  onTestFinished(() => void unsubscribe('mcp-sse:bridge', listener));
  return states;
}

it('tells each change once: connecting, open, lost, back', async () => {
  const port = await lastingPort();
  const first = await serveV1(factory, { port });
  const to = await bridged(first.url);
  const states = statesOf(to);
  await to.connect();
  await first.kill();
  await serveV1(factory, { port });
  expect(await greet(to.client)).toBe('Hello, Ann');
  expect(states).toEqual([
    ...['connecting', 'open', 'open legacy'],
    ...['reconnecting legacy', 'open legacy'],
  ]);
  const [session] = to.served.mcp.sessions;
  expect(to.server.upstreamOf(session!.id)).toMatchObject({ state: 'open', reconnects: 1 });
});

it('fails when the upstream cannot be reached at first', async () => {
  const to = await bridged(`http://127.0.0.1:${await lastingPort()}/mcp`);
  const states = statesOf(to);
  expect(await to.failure()).toMatchObject({ data: { reason: 'unreachable' } });
  await eventually(() => states.includes('failed'));
  expect(states.slice(0, 2)).toEqual(['connecting', 'failed']);
});
