import cors from 'cors';
import type { RequestHandler } from 'express';
import { expressjwt } from 'express-jwt';
import session from 'express-session';
import { createSecretKey, createHmac } from 'node:crypto';
import passport from 'passport';
import { expect, it } from 'vitest';

import type { McpSseOptions } from '../../lib/index.js';
import { serve, type Served } from '../support/serve.js';
import { fetchText, StreamClient } from '../support/stream-client.js';

// What docs/authentication.md says of middleware in front; so it is served through Express.
const ping = { jsonrpc: '2.0', id: 1, method: 'ping' };
const SECRET = 'a secret of this spec';

function serveBehind(
  options: McpSseOptions,
  ...handlers: RequestHandler[]
): Promise<Served<unknown>> {
  const prepare = (app: { use: (handler: RequestHandler) => unknown }): void => {
    for (const handler of handlers) app.use(handler);
  };
  return serve(options, { way: 'router', prepare });
}

/** A token as an authorization server would sign it. */
function signed(claims: Record<string, unknown>): string {
  const encode = (part: unknown): string => Buffer.from(JSON.stringify(part)).toString('base64url');
  const text = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`;
  const key = createSecretKey(SECRET, 'utf8');
  return `${text}.${createHmac('sha256', key).update(text).digest('base64url')}`;
}

const bearer = (claims: Record<string, unknown>): Record<string, string> => ({
  Authorization: `Bearer ${signed(claims)}`,
});

/** Logs in whom the path names, as a form of a website would after it has checked a password. */
const login: RequestHandler = (req, res, next) => {
  const [, id] = /^\/login\/(\w+)$/.exec(req.path) ?? [];
  if (id === undefined) next();
  else req.login({ id }, (error) => (error ? next(error) : res.status(204).end()));
};

const requireLogin: RequestHandler = (req, res, next) => {
  if (req.isAuthenticated()) next();
  else res.status(401).json({ error: 'Log in first' });
};

function servePassport(): Promise<Served<unknown>> {
  const users = new passport.Passport();
  users.serializeUser((user, done) => {
    done(null, user);
  });
  users.deserializeUser<Express.User>((user, done) => {
    done(null, user);
  });
  const principal: NonNullable<McpSseOptions['security']>['principal'] = ({ user }) =>
    user && 'id' in user ? String(user.id) : undefined;
  return serveBehind(
    { security: { principal } },
    session({ secret: SECRET, resave: false, saveUninitialized: false }),
    users.session(),
    login,
    requireLogin,
  );
}

async function cookieOf(url: string, user: string): Promise<Record<string, string>> {
  const { headers } = await fetchText(`${url}/login/${user}`, {});
  return { Cookie: String(headers['set-cookie']?.[0]?.split(';')[0]) };
}

it("binds a session to the user of Passport's cookie", async () => {
  const { url, mcp } = await servePassport();
  const [ada, bob] = [await cookieOf(url, 'ada'), await cookieOf(url, 'bob')];
  const client = await StreamClient.open(`${url}/sse`, ada);
  expect([...mcp.sessions].map(({ principal }) => principal)).toEqual(['ada']);
  expect((await client.post(ping, await cookieOf(url, 'ada'))).status).toBe(202);
  expect((await client.post(ping, bob)).status).toBe(404);
  expect((await client.post(ping, { Cookie: '' })).status).toBe(401);
});

it('refuses a page of another site that makes a browser send the cookie', async () => {
  const { url, mcp } = await servePassport();
  const headers = { ...(await cookieOf(url, 'ada')), Origin: 'https://evil.example' };
  expect((await fetchText(`${url}/sse`, { headers })).status).toBe(403);
  expect(mcp.stats().totals.opened).toBe(0);
});

it('keeps a session for the subject of a JWT, under a renewed token', async () => {
  const check = expressjwt({ secret: SECRET, algorithms: ['HS256'] });
  const { url } = await serveBehind({}, check as RequestHandler);
  expect((await fetchText(`${url}/sse`, {})).status).toBe(401);
  const client = await StreamClient.open(`${url}/sse`, bearer({ sub: 'ada', azp: 'app', n: 1 }));
  expect((await client.post(ping, bearer({ sub: 'ada', azp: 'app', n: 2 }))).status).toBe(202);
  expect((await client.post(ping, bearer({ sub: 'bob', azp: 'app', n: 3 }))).status).toBe(404);
  expect((await client.post(ping, bearer({ sub: 'ada', azp: 'other' }))).status).toBe(404);
});

const origin = 'https://app.example.com';
const challenge: RequestHandler = (req, res, next) => {
  if (req.headers.authorization !== undefined) next();
  else res.status(401).set('WWW-Authenticate', 'Bearer').end();
};
const preflight = {
  method: 'OPTIONS',
  headers: { Origin: origin, 'Access-Control-Request-Method': 'POST' },
};

it('with cors() first, a page of another origin may send requests and read a 401', async () => {
  const { url } = await serveBehind(
    { security: { allowedOrigins: [origin], principal: () => 'ada' } },
    cors({ origin: [origin], exposedHeaders: ['WWW-Authenticate'] }),
    challenge,
  );
  const asked = await fetchText(`${url}/message`, preflight);
  expect(asked).toMatchObject({
    status: 204,
    headers: { 'access-control-allow-origin': origin },
  });
  const refused = await fetchText(`${url}/sse`, { headers: { Origin: origin } });
  expect(refused).toMatchObject({
    status: 401,
    headers: {
      'access-control-allow-origin': origin,
      'access-control-expose-headers': 'WWW-Authenticate',
      'www-authenticate': 'Bearer',
    },
  });
  const client = await StreamClient.open(`${url}/sse`, {
    Origin: origin,
    Authorization: 'Bearer x',
  });
  expect(client.headers['access-control-allow-origin']).toBe(origin);
});

it('without cors() first, authentication refuses the preflight request', async () => {
  const { url } = await serveBehind({ security: { allowedOrigins: [origin] } }, challenge);
  expect((await fetchText(`${url}/message`, preflight)).status).toBe(401);
});
