// Two nodes, Redis between them, and a proxy in front that sends each request to any of them:
//
//   npx tsx examples/two-nodes/server.ts
//
// It starts a redis-server of its own, or uses the one that REDIS_URL names. `kill -HUP` of this
// process restarts one node after the other, as a deploy does: clients go on where they were.
import { fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';

import { startProxy } from './proxy.js';

const children = new Map<string, ChildProcess>();
/** The ports of the nodes that take requests. */
const nodes = new Map<string, number>();

async function startRedis(): Promise<string> {
  const port = String(await freePort());
  const args = ['--port', port, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const redis = spawn('redis-server', args, { stdio: 'ignore' });
  redis.once('error', () => {
    console.error('redis-server is missing: install it (apt install redis-server,');
    console.error('brew install redis), or name one that runs: REDIS_URL=redis://host:6379');
    process.exit(1);
  });
  await once(redis, 'spawn');
  process.once('exit', () => redis.kill());
  return `redis://127.0.0.1:${port}`;
}

async function startNode(name: string): Promise<void> {
  const node = fork(fileURLToPath(new URL('node.ts', import.meta.url)), [name, redisUrl]);
  children.set(name, node);
  const [port] = (await once(node, 'message')) as [number];
  nodes.set(name, port);
}

async function stopNode(name: string, node: ChildProcess): Promise<void> {
  nodes.delete(name);
  const gone = once(node, 'exit');
  node.kill('SIGTERM');
  await gone;
}

async function restart(): Promise<void> {
  for (const [name, node] of [...children]) {
    await stopNode(name, node);
    await startNode(name);
    console.log(`${name} has been restarted`);
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

// The nodes first, one after the other; Redis ends with this process.
async function stop(): Promise<void> {
  for (const [name, node] of children) await stopNode(name, node);
  process.exit();
}
process.once('SIGINT', () => void stop()).once('SIGTERM', () => void stop());
process.on('SIGHUP', () => void restart());

const redisUrl = process.env.REDIS_URL ?? (await startRedis());
await startNode('node-1');
await startNode('node-2');
const port = Number(process.env.PORT ?? 3000);
await startProxy(port, nodes);
console.log(`Two nodes behind a proxy without stickiness: http://127.0.0.1:${port}/sse`);
