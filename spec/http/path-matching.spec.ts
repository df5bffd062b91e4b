import { createServer } from 'node:http';

import express, { type Express } from 'express';
import { describe, expect, it, onTestFinished } from 'vitest';

import { mcpSse } from '../../lib/index.js';
import { RawClient } from '../support/raw-client.js';
import { closed, listen, serve } from '../support/serve.js';
import { fetchText } from '../support/stream-client.js';

/** Request targets that are, or only look like, the stream's own below `mount`. */
const targets = (mount: string): string[] =>
  [
    ...[
      '/sse',
      '/SSE',
      '/Sse',
      '/sse/',
      '/SSE/',
      '/sse//',
      '//sse',
      '/./sse',
      '/x/../sse',
      '/sse/.',
    ],
    ...['/%73se', '/%53SE', '/sse%2F', '/sse%20', '/sse;x', '/sse.', '/sse/x', '/ssex', '/ss', '/'],
    ...['/sse?', '/sse?/message', '/SSE?x', '/sse/?x', '/sse#x', '/sse\\', '/\\sse', '/sse\xa0'],
  ].map((path) => mount + path);

/** The same in absolute form, and what only looks like it. */
const absoluteTargets = (mount: string): string[] => [
  ...['http://localhost', 'HTTP://localhost', 'https://localhost:80', 'http://[::1]:80'].flatMap(
    (origin) => [`${origin}${mount}/sse`, `${origin}${mount}/SSE/`, `${origin}${mount}/sse?x`],
  ),
  // Parsers of URLs end the host at these, and read more path than is seen at first.
  ...[
    ';',
    '%',
    '^',
    '{',
    '|',
    '`',
    '"',
    "'",
    '<',
    '\\',
    '\xff;',
    '@',
    'a@',
    ':',
    '#',
    '*',
    '!',
  ].map((odd) => `http://${odd}${mount}/sse`),
  ...['ftp://localhost', 'ws://localhost', 'http:/localhost', 'http:localhost', 'localhost'].map(
    (odd) => `${odd}${mount}/sse`,
  ),
];

interface Routing {
  readonly 'case sensitive routing'?: boolean;
  readonly 'strict routing'?: boolean;
}

const routings: readonly Routing[] = [
  {},
  { 'case sensitive routing': true },
  { 'strict routing': true },
  { 'case sensitive routing': true, 'strict routing': true },
];

function set(app: Express, routing: Routing): Express {
  for (const [setting, value] of Object.entries(routing)) app.set(setting, value);
  return app;
}

/** Which of the targets a route `/sse` of Express gets, with no package of ours. */
async function routedByExpress(
  routing: Routing,
  mount: string,
  all: readonly string[],
): Promise<string[]> {
  const router = express.Router({
    caseSensitive: routing['case sensitive routing'] ?? false,
    strict: routing['strict routing'] ?? false,
  });
  router.get('/sse', (_req, res) => void res.type('text/x-routed').end());
  const app = set(express(), routing).use(mount || '/', router);
  const server = createServer(app);
  onTestFinished(() => closed(server));
  return targetsWith(/text\/x-routed/, await listen(server), all);
}

/** Those of the targets whose answer holds `mark`. */
async function targetsWith(
  mark: RegExp,
  port: number,
  all: readonly string[],
  method = 'GET',
): Promise<string[]> {
  const answers = await Promise.all(
    all.map(async (target) => {
      const client = await RawClient.connect(port);
      const head = `${method} ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`;
      client.write(Buffer.from(head, 'latin1'));
      await client.received(/^HTTP\/1\.1 \d{3} .*\r\n\r\n/s);
      client.drop();
      return client.text;
    }),
  );
  return all.filter((_, index) => mark.test(answers[index] ?? ''));
}

/** A stream, or a refusal by our contract. */
const OURS = /^content-type: (text\/event-stream|application\/json)/im;

describe.each(routings)('with %j', (routing) => {
  it.each(['', '/mcp'])('serves the paths that Express routes, below "%s"', async (mount) => {
    const all = targets(mount);
    const { port } = await serve({}, { mount: mount || '/', prepare: (app) => set(app, routing) });
    const served = await targetsWith(OURS, port, all);
    // Of a target with a fragment, which no client sends, nothing is served.
    const routed = (await routedByExpress(routing, mount, all)).filter(
      (target) => !/[#\xa0\\]/.test(target),
    );
    expect(served).toEqual(routed);
    expect(served).toContain(`${mount}/sse`);
    expect(served.includes(`${mount}/SSE`)).toBe(!routing['case sensitive routing']);
    expect(served.includes(`${mount}/sse/`)).toBe(!routing['strict routing']);
  });

  it('serves no absolute URL that Express routes otherwise', async () => {
    const all = absoluteTargets('');
    const { port } = await serve({}, { prepare: (app) => set(app, routing) });
    const served = await targetsWith(OURS, port, all);
    const routed = await routedByExpress(routing, '', all);
    expect(routed).toEqual(expect.arrayContaining(served));
    expect(served).toContain('http://localhost/sse');
  });

  it('cannot be reached around middleware on the path', async () => {
    const all = [...targets(''), ...absoluteTargets('')];
    const { port, mcp } = await serve(
      {},
      {
        way: 'router',
        prepare: (app) =>
          set(app, routing)
            // Two ways to protect a path, of which the second goes by `strict routing`.
            .use('/message', (_req, res) => void res.status(401).end())
            .all('/sse', (_req, res) => void res.status(401).end()),
      },
    );
    expect(await targetsWith(OURS, port, all)).toEqual([]);
    const posts = all.map((target) => target.replace('sse', 'message').replace('SSE', 'MESSAGE'));
    expect(await targetsWith(OURS, port, posts, 'POST')).toEqual([]);
    expect(mcp.stats().totals.opened).toBe(0);
  });
});

it('matches exactly the two paths without an Express application', async () => {
  const mcp = mcpSse();
  const server = createServer((req, res) => {
    // As a server without Express calls a router.
    Reflect.apply(mcp, undefined, [req, res, () => res.writeHead(404).end()]);
  });
  onTestFinished(async () => {
    await mcp.close({ timeoutMs: 200 });
    await closed(server);
  });
  const port = await listen(server);
  expect(await targetsWith(OURS, port, targets(''))).toEqual(['/sse', '/sse?', '/sse?/message']);
});

it('answers errors of body parsers for the paths that it serves', async () => {
  const { url } = await serve(
    {},
    {
      way: 'router',
      prepare: (app) => app.set('case sensitive routing', true).use(express.json()),
    },
  );
  const bad = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{' };
  expect((await fetchText(`${url}/message`, bad)).body).toContain('jsonrpc');
  expect((await fetchText(`${url}/MESSAGE`, bad)).body).not.toContain('jsonrpc');
});
