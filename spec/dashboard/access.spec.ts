import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';

import express, { type Request } from 'express';
import { expect, it, onTestFinished } from 'vitest';

import { isHostAllowed } from '../../lib/dashboard/access.js';
import { dashboard } from '../../lib/dashboard/index.js';
import { mcpSse } from '../../lib/index.js';

// Kills: a check that takes 127.0.0.0/8 alone for this machine, whose other addresses lead here too.
it.each<[string, string, string | undefined, boolean]>([
  ['127.0.0.1', '127.0.0.1', 'localhost:3000', true],
  ['127.0.0.1', '127.0.0.1', 'evil.example:3000', false],
  ['127.0.0.1', '127.0.0.1', '192.168.1.20', false],
  ['127.0.0.1', '127.0.0.1', undefined, false],
  ['127.0.0.1', '127.0.0.1', '', false],
  ['::ffff:127.0.0.1', '::ffff:127.0.0.1', 'evil.example', false],
  ['::1', '::1', '[::1]:3000', true],
  ['::1', '::1', 'evil.example', false],
  ['192.168.1.20', '192.168.1.20', '192.168.1.20:3000', true],
  ['192.168.1.20', '192.168.1.20', 'evil.example', false],
  ['::ffff:192.168.1.20', '::ffff:192.168.1.20', '192.168.1.20', true],
  ['fd00::20', 'fd00::20', '[fd00::20]:3000', true],
  ['fd00::20', 'fd00::20', '[fd00::21]:3000', false],
  ['203.0.113.9', '192.168.1.20', 'any.example', true],
])('from %s to %s, takes the host %j: %s', (remoteAddress, localAddress, host, allowed) => {
  const req = { socket: { remoteAddress, localAddress }, headers: { host } };
  expect(isHostAllowed(req as unknown as Request, [])).toBe(allowed);
});

it('checks no host on a Unix socket, which no browser can reach', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'dashboard-'));
  const mcp = mcpSse();
  const socketPath = join(folder, 'socket');
  const server = express().use('/admin', dashboard(mcp)).listen(socketPath);
  onTestFinished(async () => {
    await mcp.close();
    server.close();
    rmSync(folder, { recursive: true });
  });
  await new Promise((resolve) => server.once('listening', resolve));
  const status = await new Promise((resolve, reject) => {
    httpRequest({ socketPath, path: '/admin', headers: { Host: 'any.example' }, agent: false })
      .once('response', (response) => {
        response.resume();
        resolve(response.statusCode);
      })
      .once('error', reject)
      .end();
  });
  expect(status).toBe(200);
});
