// Counts the functions and files of the build that one POST with its answer touches, by V8's
// coverage: `npm run build && node scripts/post-footprint.mjs [DIST]`.
import { once } from 'node:events';
import { createServer, get, request } from 'node:http';
import { Session } from 'node:inspector/promises';
import { pathToFileURL } from 'node:url';
import { resolve } from 'node:path';

import express from 'express';

const dist = pathToFileURL(resolve(process.argv[2] ?? 'dist')).href;
const { mcpSse } = await import(`${dist}/index.js`);

const app = express().use(mcpSse({ handler: () => ({}) }));
const server = createServer(app).listen(0, '127.0.0.1');
await once(server, 'listening');
const { port } = server.address();

const [stream] = await once(get({ port, path: '/sse', host: '127.0.0.1' }), 'response');
const [first] = await once(stream.setEncoding('utf8'), 'data');
const endpoint = /data: (.*)\n/.exec(first)[1];
const path = new URL(endpoint, `http://127.0.0.1:${port}/sse`);
let id = 0;

/** One call, answered on the stream. */
async function call() {
  const headers = { 'Content-Type': 'application/json' };
  const post = request(path, { method: 'POST', headers });
  post.end(JSON.stringify({ jsonrpc: '2.0', id: (id += 1), method: 'tools/call', params: {} }));
  await Promise.all([
    once(post, 'response').then(([answer]) => answer.resume()),
    once(stream, 'data'),
  ]);
  await new Promise((settled) => setTimeout(settled, 50));
}

const inspector = new Session();
inspector.connect();
await inspector.post('Profiler.enable');
await inspector.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
await call();
// What ran before belongs to the opening, or runs only the first time.
await inspector.post('Profiler.takePreciseCoverage');
await call();
const { result } = await inspector.post('Profiler.takePreciseCoverage');
const files = result
  .filter(({ url }) => url.startsWith(dist))
  .map(({ url, functions }) => ({
    url: url.slice(dist.length + 1),
    names: functions
      .filter(({ functionName, ranges }) => functionName !== '' && ranges[0].count > 0)
      .map(({ functionName }) => functionName),
  }))
  .filter(({ names }) => names.length > 0);
const functions = files.reduce((sum, { names }) => sum + names.length, 0);
if (process.env.VERBOSE) for (const { url, names } of files) console.log(url, names.join(' '));
console.log(`${functions} functions in ${files.length} files`);
process.exit(0);
