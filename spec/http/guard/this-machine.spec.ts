import { createServer } from 'node:http';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';

import express from 'express';
import { describe, expect, it, onTestFinished } from 'vitest';

import { isOwnAddress, isWithinMachine } from '../../../lib/http/guard/this-machine.js';
import { mcpSse, type McpSseOptions } from '../../../lib/index.js';
import { expectAdmitted, expectBarred } from '../../support/admission.js';
import { deferred } from '../../support/deferred.js';
import { closed, serve, type Served } from '../../support/serve.js';

describe('a connection within this machine', () => {
  it.each([
    ['127.0.0.1', '127.0.0.1'],
    ['127.0.0.1', '192.0.2.7'],
    ['::1', '::1'],
    ['::ffff:127.0.0.1', '::ffff:127.0.0.1'],
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '::ffff:192.0.2.7'],
    ['fd00::2', 'fd00::2'],
  ])('comes from %s to %s', (remoteAddress, localAddress) => {
    expect(isWithinMachine({ remoteAddress, localAddress })).toBe(true);
  });

  it.each([
    ['192.0.2.8', '192.0.2.7'],
    ['192.0.2.8', '127.0.0.1'],
    ['fd00::3', 'fd00::2'],
    [undefined, undefined],
  ])('does not come from %s to %s', (remoteAddress, localAddress) => {
    expect(isWithinMachine({ remoteAddress, localAddress })).toBe(false);
  });
});

it.each([
  ['192.0.2.7', '192.0.2.7'],
  ['192.0.2.7', '::ffff:192.0.2.7'],
  ['[::ffff:c000:207]', '192.0.2.7'],
  ['[fd00::2]', 'fd00::2'],
  ['[fd00:0:0::2]', 'fd00::2'],
])('%s is the address of a connection to %s', (name, localAddress) => {
  expect(isOwnAddress(name, { localAddress })).toBe(true);
});

it.each([
  ['192.0.2.8', '192.0.2.7'],
  ['192.0.2.7.nip.io', '192.0.2.7'],
  ['[fd00::3]', 'fd00::2'],
  ['mcp.example.com', '192.0.2.7'],
  ['192.0.2.7', undefined],
  ['', ''],
])('%j is not the address of a connection to %j', (name, localAddress) => {
  expect(isOwnAddress(name, { localAddress })).toBe(false);
});

/** An address of this machine that is not on loopback; containers without a network have none. */
const lan = Object.values(networkInterfaces())
  .flat()
  .find((network) => network?.family === 'IPv4' && !network.internal)?.address;

describe.runIf(lan !== undefined)('over the address of a network', () => {
  it('a name of another site is refused, also on this machine', async () => {
    const { url, port } = await serveOn(lan!);
    await expectBarred(url, { Host: 'rebound.example.com' }, 'security.allowedHosts');
    await expectBarred(url, { Host: `rebound.example.com:${port}` }, 'security.allowedHosts');
    await expectBarred(url, { Host: '192.0.2.99' }, 'security.allowedHosts');
  });

  it('the address itself is allowed as a name, and so is localhost', async () => {
    const { url, port } = await serveOn(lan!);
    await expectAdmitted(url, {});
    await expectAdmitted(url, { Host: `${lan}:${port}` });
    await expectAdmitted(url, { Host: 'localhost' });
    await expectAdmitted(url, { Origin: url });
  });

  it('a dual-stack socket follows the same rules', async () => {
    const { url } = await serveOn('::', lan);
    await expectAdmitted(url, {});
    await expectBarred(url, { Host: 'rebound.example.com' }, 'security.allowedHosts');
  });

  it('is not the address of a connection over loopback', async () => {
    const { url } = await serve();
    await expectBarred(url, { Host: lan! }, 'security.allowedHosts');
  });
});

it('refuses the last request of a closed socket, whose addresses are unknown', async () => {
  const arrived = deferred();
  const answered = deferred();
  const mcp = mcpSse();
  const app = express();
  const server = createServer((req, res) => {
    arrived.resolve();
    // Middleware that waits, while a rebound page aborts what it has sent.
    res.once('close', () => {
      mcp.requestListener(app)(req, res);
      answered.resolve();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => closed(server));
  const socket = connect((server.address() as { port: number }).port, '127.0.0.1');
  socket.write('GET /sse HTTP/1.1\r\nHost: rebound.example.com\r\n\r\n');
  await arrived.promise;
  socket.destroy();
  await answered.promise;
  await new Promise((resolve) => setImmediate(resolve));
  expect(mcp.stats().totals.refused).toEqual({ 'host-not-allowed': 1 });
});

/** The server of `serve`, also listening on an address that is not loopback. */
async function serveOn(
  address: string,
  name = address,
  options: McpSseOptions = {},
): Promise<{ url: string; port: number; served: Served<unknown> }> {
  const served = await serve(options);
  const other = createServer((req, res) => served.server.emit('request', req, res));
  await new Promise<void>((resolve) => other.listen(0, address, resolve));
  onTestFinished(() => closed(other));
  const { port } = other.address() as { port: number };
  return { url: `http://${name}:${port}`, port, served };
}
