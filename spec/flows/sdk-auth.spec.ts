import type { RequestHandler } from 'express';
import { expect, it } from 'vitest';

import type { McpServerLike } from '../../lib/index.js';
import type { ConnectClient } from '../support/sdk/clients.js';
import { newJournal } from '../support/sdk/tools.js';
import { connectV1 } from '../support/sdk/v1-client.js';
import { v1McpServer, v1Server } from '../support/sdk/v1-servers.js';
import { connectV2 } from '../support/sdk/v2-client.js';
import { v2McpServer, v2Server } from '../support/sdk/v2-servers.js';
import { serve, type Served } from '../support/serve.js';
import { StreamClient } from '../support/stream-client.js';
import { request } from '../support/messages.js';

/** As the bearer middleware of the SDKs leaves it: the token's client and user. */
const authenticate: RequestHandler = (req, res, next) => {
  const token = /^Bearer (\w+)$/.exec(req.headers.authorization ?? '')?.[1];
  if (token === undefined) {
    res.status(401).end();
    return;
  }
  const auth = { token, clientId: 'the-client', scopes: [], extra: { userId: token, user: token } };
  Object.assign(req, { auth });
  next();
};

/** Served through Express: its middleware is what authenticates. */
function serveAuthenticated(server: () => McpServerLike): Promise<Served<unknown>> {
  return serve({ server }, { way: 'router', prepare: (app) => app.use(authenticate) });
}

it.each<[string, () => McpServerLike, ConnectClient]>([
  ['McpServer of SDK v1', () => v1McpServer(newJournal()), connectV1],
  ['Server of SDK v1', () => v1Server(newJournal()), connectV2],
  ['McpServer of SDK v2', () => v2McpServer(newJournal()), connectV2],
  ['Server of SDK v2', () => v2Server(newJournal()), connectV1],
])('shows the tools of a %s their caller and the headers', async (_, server, connect) => {
  const { url, mcp } = await serveAuthenticated(server);
  const authorized = (user: string): Record<string, string> => ({
    Authorization: `Bearer ${user}`,
    'X-Call': `by ${user}`,
  });
  const ann = await connect(`${url}/sse`, authorized('ann'));
  const bob = await connect(`${url}/sse`, authorized('bob'));
  const answers = await Promise.all([ann, bob, ann].map((client) => client.call('whoami')));
  expect(answers.map((answer) => JSON.parse(answer))).toEqual([
    { user: 'ann', header: 'by ann' },
    { user: 'bob', header: 'by bob' },
    { user: 'ann', header: 'by ann' },
  ]);
  expect([...mcp.sessions].map(({ principal }) => principal)).toEqual([
    '[null,"ann","the-client"]',
    '[null,"bob","the-client"]',
  ]);
});

it('[44] refuses another user who knows the id of a session', async () => {
  const { url } = await serveAuthenticated(() => v2McpServer(newJournal()));
  const ann = await StreamClient.open(`${url}/sse`, { Authorization: 'Bearer ann' });
  const foreign = await ann.post(request(1, 'ping'), { Authorization: 'Bearer bob' });
  expect(foreign.status).toBe(404);
  expect((await ann.request('ping')).result).toEqual({});
});
