import { subscribe, unsubscribe } from 'node:diagnostics_channel';

import { expect, it, onTestFinished } from 'vitest';

import type { McpSseChannels, McpSseOptions, Session } from '../../lib/index.js';
import { request } from '../support/messages.js';
import { serve } from '../support/serve.js';
import { StreamClient } from '../support/stream-client.js';

const PUBLIC = [
  'bufferedBytes',
  'clientCapabilities',
  'clientInfo',
  'close',
  'data',
  'id',
  'inFlight',
  'lastActiveAt',
  'messagesIn',
  'messagesOut',
  'notify',
  'openedAt',
  'principal',
  'protocolVersion',
  'request',
  'send',
  'serverCapabilities',
  'signal',
  'state',
];

/** Every name that can be reached from an object, up to `Object.prototype`. */
function membersOf(object: object): string[] {
  const names = new Set<string>();
  for (let at: object = object; at !== Object.prototype; at = Object.getPrototypeOf(at) as object)
    for (const key of Reflect.ownKeys(at)) names.add(String(key));
  names.delete('constructor');
  return [...names].sort();
}

/** A server whose hooks and functions write down what they are given. */
async function recorded() {
  const sessions = new Map<string, unknown>();
  const note =
    (place: string) =>
    (...given: readonly unknown[]) => {
      const session = given.find(isSession) ?? (given[1] as { session?: unknown }).session;
      sessions.set(place, session);
      return {};
    };
  const options: McpSseOptions = {
    handler: note('handler'),
    hooks: {
      onSessionOpen: note('onSessionOpen'),
      onInitialize: note('onInitialize'),
      onReceive: note('onReceive'),
      onSend: note('onSend'),
      onSessionDetach: note('onSessionDetach'),
      onSessionResume: note('onSessionResume'),
      onSessionClose: note('onSessionClose'),
    },
  };
  const served = await serve(options);
  onTestFinished(served.mcp.watchMessages(note('watchMessages')));
  const channel = (payload: unknown): void => {
    const { session } = payload as McpSseChannels['mcp-sse:message.in'];
    sessions.set('mcp-sse:message.in', session);
  };
  subscribe('mcp-sse:message.in', channel);
  onTestFinished(() => void unsubscribe('mcp-sse:message.in', channel));
  return { ...served, sessions };
}

const isSession = (value: unknown): value is Session =>
  typeof value === 'object' && value !== null && 'clientInfo' in value;

it('has the public members and nothing else, wherever the application gets it', async () => {
  const { url, mcp, sessions } = await recorded();
  const client = await StreamClient.open(`${url}/sse`);
  await client.request('initialize', { protocolVersion: '2025-11-25' });
  await client.post({ jsonrpc: '2.0', method: 'notifications/initialized' });
  mcp.broadcast(
    { jsonrpc: '2.0', method: 'x' },
    {
      filter: (session) => {
        sessions.set('filter', session);
        return true;
      },
    },
  );
  const [iterated] = mcp.sessions;
  sessions.set('sessions', iterated).set('get', mcp.sessions.get(client.sessionId));
  await mcp.closeSessions();
  for (const place of [
    'handler',
    'onSessionOpen',
    'onReceive',
    'onSend',
    'onSessionClose',
    'watchMessages',
    'mcp-sse:message.in',
    'filter',
    'sessions',
    'get',
  ]) {
    const session = sessions.get(place);
    expect(isSession(session), place).toBe(true);
    expect(membersOf(session as Session), place).toEqual(PUBLIC);
    // One object for one session, so that a WeakMap of the application holds.
    expect(session, place).toBe(iterated);
  }
});

it('gives server() the session, and onConnect a signal and nothing else', async () => {
  const given: { session?: Session; context?: object } = {};
  const { url } = await serve({
    server: ({ session }) => {
      given.session = session;
      return { connect: (transport) => transport.start(), close: async () => undefined };
    },
    hooks: { onConnect: (_req, context) => void (given.context = context) },
  });
  await StreamClient.open(`${url}/sse`);
  expect(membersOf(given.session!)).toEqual(PUBLIC);
  expect(membersOf(given.context!)).toEqual(['signal']);
});

it('shows the sessions themselves as an iterable with get and size', async () => {
  const { url, mcp } = await serve();
  const client = await StreamClient.open(`${url}/sse`);
  expect(membersOf(mcp.sessions)).toEqual(['Symbol(Symbol.iterator)', 'get', 'size']);
  expect([...mcp.sessions].map(({ id }) => id)).toEqual([client.sessionId]);
  expect(mcp.sessions.get('none')).toBeUndefined();
  expect(mcp.sessions.size).toBe(1);
  await client.post(request(1, 'ping'));
});
