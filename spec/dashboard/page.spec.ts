import { createHash } from 'node:crypto';

import { expect, it } from 'vitest';

import { DashboardClient, serveDashboard } from '../support/dashboard-client.js';
import { fetchText } from '../support/stream-client.js';

const sha256 = (text: string): string =>
  `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

it('serves one page, with a slash at the end and without', async () => {
  const { url } = await serveDashboard();
  const page = await fetchText(`${url}/admin`, {});
  expect(page.status).toBe(200);
  expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
  expect(page.body).toContain('<h1>MCP sessions</h1>');
  expect((await fetchText(`${url}/admin/`, {})).body).toBe(page.body);
  const head = await fetchText(`${url}/admin`, { method: 'HEAD' });
  expect([head.status, head.body]).toEqual([200, '']);
});

// Kills: a policy that allows inline code at large, or a hash of something else.
it('allows its own script and style and nothing else', async () => {
  const { url } = await serveDashboard();
  const { headers, body } = await fetchText(`${url}/admin`, {});
  const policy = String(headers['content-security-policy']).split('; ');
  const hashes = (tag: string): string =>
    [...body.matchAll(new RegExp(`<${tag}>([\\s\\S]*?)</${tag}>`, 'g'))]
      .map(([, text]) => sha256(text!))
      .join(' ');
  expect(policy).toEqual([
    "default-src 'none'",
    `script-src ${hashes('script')}`,
    `style-src ${hashes('style')}`,
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ]);
  expect(body).not.toMatch(/<(script|style)(?!>)/);
});

it('loads nothing from elsewhere', async () => {
  const { url } = await serveDashboard();
  const { headers, body } = await fetchText(`${url}/admin`, {});
  const links = [...body.matchAll(/\s(?:src|href)="([^"]*)"/g)].map(([, link]) => link!);
  expect(links.filter((link) => !/^(data:|#)/.test(link))).toEqual([]);
  expect(headers).toMatchObject({
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
  });
});

it.each([
  ['/admin', 'POST', 405, 'GET, HEAD'],
  ['/admin/events', 'POST', 405, 'GET'],
  ['/admin/close', 'GET', 405, 'POST'],
  ['/admin/other', 'GET', 404, undefined],
  ['/admin/toString', 'GET', 404, undefined],
])('answers %s by %s with %d', async (path, method, status, allow) => {
  const { url } = await serveDashboard();
  const answer = await fetchText(url + path, { method });
  expect([answer.status, answer.headers.allow]).toEqual([status, allow]);
});

it('is protected by middleware in front, in all its parts', async () => {
  const { url } = await serveDashboard({ allowClose: true }, {}, (app) =>
    app.use('/admin', (req, res, next) => {
      if (req.headers.authorization === 'Basic ok') next();
      else res.sendStatus(401);
    }),
  );
  const parts = [
    ['GET', ''],
    ['GET', '/events'],
    ['POST', '/close?key=1'],
  ] as const;
  for (const [method, path] of parts) {
    expect((await fetchText(`${url}/admin${path}`, { method })).status).toBe(401);
  }
  const headers = { Authorization: 'Basic ok' };
  expect((await fetchText(`${url}/admin`, { headers })).status).toBe(200);
});

it.each([
  ['127.0.0.1', 200],
  ['localhost:3000', 200],
  ['[::1]:3000', 200],
  ['demo.localhost', 200],
  ['ops.example.com', 200],
  ['evil.example', 403],
  ['127.0.0.1.evil.example', 403],
  ['localhost.evil.example', 403],
])('over loopback, answers the host %s with %d', async (host, status) => {
  const { url } = await serveDashboard({ allowedHosts: ['ops.example.com'] });
  expect((await fetchText(`${url}/admin`, { headers: { Host: host } })).status).toBe(status);
});

// A page that has its name point here (DNS rebinding) can forge every header but Host.
it('checks the host and the forwarded host behind a trusted proxy, too', async () => {
  const { url } = await serveDashboard({ allowedHosts: ['ops.example.com'] }, {}, (app) =>
    app.set('trust proxy', 'loopback'),
  );
  const statusOf = async (headers: Record<string, string>): Promise<number> =>
    (await fetchText(`${url}/admin`, { headers: { 'X-Forwarded-For': '203.0.113.9', ...headers } }))
      .status;
  expect(await statusOf({ Host: 'ops.example.com' })).toBe(200);
  expect(await statusOf({ 'X-Forwarded-Host': 'ops.example.com' })).toBe(200);
  expect(await statusOf({ Host: 'evil.example' })).toBe(403);
  expect(await statusOf({ Host: 'evil.example', 'X-Forwarded-Host': 'ops.example.com' })).toBe(403);
  expect(await statusOf({ 'X-Forwarded-Host': 'evil.example' })).toBe(403);
});

it("says how to allow a host, and checks none with '*'", async () => {
  const headers = { Host: 'ops.example.com' };
  const strict = await serveDashboard();
  const refused = await fetchText(`${strict.url}/admin`, { headers });
  expect(refused.status).toBe(403);
  expect(refused.body).toContain('allowedHosts');
  const open = await serveDashboard({ allowedHosts: '*' });
  expect((await fetchText(`${open.url}/admin`, { headers })).status).toBe(200);
});

const NAVIGATION = { 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' };
const NO_CORS = { 'Sec-Fetch-Mode': 'no-cors', 'Sec-Fetch-Dest': 'empty' };
const FRAME = { 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'iframe' };

// Kills: a page of any site that takes the places of those who may look, by `fetch` with no-cors.
it.each<[string, string, string, Record<string, string>, number]>([
  ['/admin', 'GET', 'cross-site', NAVIGATION, 200],
  ['/admin', 'GET', 'same-site', NAVIGATION, 200],
  ['/admin', 'GET', 'none', NAVIGATION, 200],
  ['/admin', 'GET', 'same-origin', NO_CORS, 200],
  ['/admin', 'GET', 'cross-site', NO_CORS, 403],
  ['/admin', 'GET', 'same-site', NO_CORS, 403],
  ['/admin', 'HEAD', 'cross-site', NO_CORS, 403],
  ['/admin', 'GET', 'cross-site', FRAME, 403],
  ['/admin', 'GET', 'cross-site', {}, 403],
  ['/admin', 'GET', 'unheard-of', NO_CORS, 403],
  ['/admin/events', 'GET', 'cross-site', NO_CORS, 403],
  ['/admin/events', 'GET', 'same-site', NO_CORS, 403],
  ['/admin/events', 'GET', 'cross-site', NAVIGATION, 403],
  ['/admin/events', 'GET', 'same-site', NAVIGATION, 403],
  ['/admin/close?key=1', 'POST', 'cross-site', NAVIGATION, 403],
  ['/admin/close?key=1', 'POST', 'same-site', NO_CORS, 403],
])('answers %s by %s, %s, as %o with %d', async (path, method, site, how, status) => {
  const { url } = await serveDashboard({ allowClose: true, viewers: 1 });
  const headers = { 'Sec-Fetch-Site': site, ...how };
  expect((await fetchText(url + path, { method, headers })).status).toBe(status);
  // It has taken nobody's place.
  const own = await DashboardClient.open(url, {}, { 'Sec-Fetch-Site': 'same-origin' });
  expect(own.stream.status).toBe(200);
});
