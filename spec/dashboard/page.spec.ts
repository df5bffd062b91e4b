import { createHash } from 'node:crypto';

import { expect, it } from 'vitest';

import { serveBoard } from '../support/board-client.js';
import { fetchText } from '../support/stream-client.js';

const sha256 = (text: string): string =>
  `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

it('serves one page, with a slash at the end and without', async () => {
  const { url } = await serveBoard();
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
  const { url } = await serveBoard();
  const { headers, body } = await fetchText(`${url}/admin`, {});
  const policy = String(headers['content-security-policy']).split('; ');
  const [, script] = /<script>([\s\S]*?)<\/script>/.exec(body)!;
  const [, style] = /<style>([\s\S]*?)<\/style>/.exec(body)!;
  expect(policy).toEqual([
    "default-src 'none'",
    `script-src ${sha256(script!)}`,
    `style-src ${sha256(style!)}`,
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ]);
  expect(body.match(/<script/g)).toHaveLength(1);
  expect(body.match(/<style/g)).toHaveLength(1);
  expect(body).not.toMatch(/\son\w+=|\sstyle=|innerHTML/);
});

it('loads nothing from elsewhere', async () => {
  const { url } = await serveBoard();
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
  const { url } = await serveBoard();
  const answer = await fetchText(url + path, { method });
  expect([answer.status, answer.headers.allow]).toEqual([status, allow]);
});

it('is behind the middleware that stands in front, in all its parts', async () => {
  const { url } = await serveBoard({ allowClose: true }, {}, (app) =>
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
])('over loopback, takes the host %s with %d', async (host, status) => {
  const { url } = await serveBoard({ allowedHosts: ['ops.example.com'] });
  expect((await fetchText(`${url}/admin`, { headers: { Host: host } })).status).toBe(status);
});

it('goes by the client where a proxy is trusted, and checks no host when told so', async () => {
  const proxied = await serveBoard({}, {}, (app) => app.set('trust proxy', 'loopback'));
  const headers = { Host: 'ops.example.com', 'X-Forwarded-For': '203.0.113.9' };
  expect((await fetchText(`${proxied.url}/admin`, { headers })).status).toBe(200);
  const plain = await serveBoard();
  expect((await fetchText(`${plain.url}/admin`, { headers })).status).toBe(403);
  const open = await serveBoard({ allowedHosts: '*' });
  expect((await fetchText(`${open.url}/admin`, { headers })).status).toBe(200);
});
