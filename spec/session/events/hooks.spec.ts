import { expect, it } from 'vitest';

import {
  McpSseError,
  type McpSseHooks,
  type McpSseOptions,
  type Session,
} from '../../../lib/index.js';
import { deferred } from '../../support/deferred.js';
import { eventually } from '../../support/eventually.js';
import { hanging, rejecting, throwing } from '../../support/failing.js';
import { notification, request } from '../../support/messages.js';
import { serve, type Served } from '../../support/serve.js';
import { StreamClient } from '../../support/stream-client.js';

const HOOK_TIMEOUT_MS = 30;

interface Setup {
  readonly served: Served<unknown>;
  readonly errors: { code: string; message: string; session: Session | undefined }[];
}

/** Serves with the given hooks and writes down what `onError` is told. */
async function setup(hooks: McpSseHooks, options: McpSseOptions = {}): Promise<Setup> {
  const errors: Setup['errors'] = [];
  const served = await serve({
    ...options,
    limits: { hookTimeoutMs: HOOK_TIMEOUT_MS },
    hooks: {
      onError: ({ code, message }, session) => errors.push({ code, message, session }),
      ...hooks,
    },
  });
  return { served, errors };
}

const open = ({ url }: Served<unknown>): Promise<StreamClient> => StreamClient.open(`${url}/sse`);

const NAMES = ['onSessionOpen', 'onReceive', 'onSend', 'onSessionClose'] as const;

it('runs the hooks in the order of the events', async () => {
  const seen: unknown[] = [];
  const { served } = await setup({
    onConnect: (req) => seen.push(`connect ${req.method}`),
    onSessionOpen: (session) => seen.push(`open ${session.state}`),
    onReceive: (message) => seen.push(message),
    onSend: (message) => seen.push(message),
    onSessionClose: (session, reason) => seen.push(`close ${session.state} ${reason}`),
  });
  const client = await open(served);
  const answer = await client.request('ping');
  client.drop();
  await eventually(() => seen.length === 5);
  expect(seen).toEqual([
    'connect GET',
    'open open',
    request(1, 'ping'),
    answer,
    'close closed client-disconnected',
  ]);
});

it('gives every hook the session with the data of onConnect', async () => {
  const sessions: Session<{ user: string }>[] = [];
  const { mcp, url } = await serve({
    hooks: {
      onConnect: (req) => ({ user: String(req.headers['x-user']) }),
      onSessionOpen: (session) => sessions.push(session),
      onReceive: (_, session) => sessions.push(session),
      onSend: (_, session) => sessions.push(session),
      onSessionClose: (session) => sessions.push(session),
    },
  });
  const client = await StreamClient.open(`${url}/sse`, { 'X-User': 'ann' });
  const session = mcp.sessions.get(client.sessionId)!;
  // The compiler knows the type of `data` from what onConnect returns.
  const user: string = session.data.user;
  expect(user).toBe('ann');
  await client.request('ping');
  await mcp.closeSessions();
  await eventually(() => sessions.length === 4);
  expect(sessions).toEqual([session, session, session, session]);
});

it.each(NAMES)('goes on when %s throws, and reports it to onError', async (name) => {
  const { served, errors } = await setup({ [name]: throwing(new Error('mine')) });
  const client = await open(served);
  expect(await client.request('ping')).toMatchObject({ result: {} });
  client.drop();
  await eventually(() => errors.length > 0);
  expect(errors[0]).toMatchObject({
    code: 'hook-failed',
    message: 'mine',
    session: { id: client.sessionId },
  });
});

it.each(NAMES)('goes on when %s rejects, and reports it to onError', async (name) => {
  const { served, errors } = await setup({ [name]: rejecting(new Error('mine')) });
  const client = await open(served);
  expect(await client.request('ping')).toMatchObject({ result: {} });
  client.drop();
  await eventually(() => errors.length > 0);
  expect(errors[0]).toMatchObject({ code: 'hook-failed', message: 'mine' });
});

it.each(NAMES)('goes on while %s hangs, and reports it at its deadline', async (name) => {
  const { served, errors } = await setup({ [name]: hanging });
  const client = await open(served);
  expect(await client.request('ping')).toMatchObject({ result: {} });
  client.drop();
  await eventually(() => errors.length > 0);
  expect(errors[0]).toMatchObject({
    code: 'hook-timeout',
    message: `${name} took longer than limits.hookTimeoutMs`,
  });
});

it('passes an McpSseError of a hook on as it is', async () => {
  const own = new McpSseError('forbidden', 'of the application');
  const { served, errors } = await setup({ onReceive: rejecting(own) });
  const client = await open(served);
  await client.request('ping');
  await eventually(() => errors.length === 1);
  expect(errors[0]).toMatchObject({ code: 'forbidden', message: 'of the application' });
});

it.each<[string, () => unknown]>([
  ['throws', throwing(new Error('onError itself'))],
  ['rejects', rejecting(new Error('onError itself'))],
  ['hangs', hanging],
])('goes on when onError %s', async (_, onError) => {
  const { served } = await setup({ onReceive: throwing(new Error('mine')), onError });
  const client = await open(served);
  expect(await client.request('ping')).toMatchObject({ result: {} });
  expect(await client.request('ping')).toMatchObject({ result: {} });
  expect(served.mcp.stats().totals.errors).toEqual({ 'hook-failed': 2 });
});

it('does not wait for a slow onReceive or onSend', async () => {
  const gate = deferred();
  const { served } = await setup({ onReceive: () => gate.promise, onSend: () => gate.promise });
  const client = await open(served);
  expect(await client.request('ping')).toMatchObject({ result: {} });
  gate.resolve();
});

it('[14] queues messages of a hook behind the message that it was called with', async () => {
  const { served } = await setup({
    onSessionOpen: (session) => void session.notify('opened'),
    onReceive: (_, session) => void session.notify('received'),
    onSend(message, session) {
      if ('result' in message) void session.notify('answered');
    },
  });
  const client = await open(served);
  await client.request('ping');
  await client.nextMessage(({ method }) => method === 'answered');
  expect(client.messages).toEqual([
    notification('opened'),
    notification('received'),
    { jsonrpc: '2.0', id: 1, result: {} },
    notification('answered'),
  ]);
});

it('sends the message with which onSend closes the session', async () => {
  const { served } = await setup({
    onSend: (_, session) => {
      session.close('enough');
    },
  });
  const client = await open(served);
  expect(await client.request('ping')).toMatchObject({ result: {} });
  await client.end();
});
