import { existsSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { describe, expect, it } from 'vitest';

import { resumableFetch } from '../../lib/client/index.js';
import { eventually } from '../support/eventually.js';
import { expectSurvival, ordeal, repeatsIn } from '../support/ordeal.js';
import { recordStreams } from '../support/record-streams.js';
import { Relay } from '../support/relay.js';
import { connectSdk, type Sdk } from '../support/sdk-client.js';
import { serve } from '../support/serve.js';

const installed = fileURLToPath(new URL('../../.tmp/clients/node_modules/', import.meta.url));
const missing = !existsSync(installed);
if (missing) console.log('old SDK clients are skipped: node scripts/old-clients.mjs installs them');

/** The client classes of SDK v1 in the version that is installed as `sdk-<version>`. */
async function oldSdk(version: string): Promise<Sdk> {
  const load = async (path: string): Promise<unknown> =>
    import(pathToFileURL(`${installed}sdk-${version}/dist/esm/client/${path}.js`).href);
  return Object.assign({}, await load('index'), await load('sse')) as unknown as Sdk;
}

describe.skipIf(missing).each(['1.13', '1.24'])('SDK %s', (version) => {
  it('without resumableFetch, gets every message in order, at most one twice for each cut', async () => {
    const sdk = await oldSdk(version);
    const report = await ordeal(`SDK ${version} as it is`, (url) => connectSdk(sdk, url));
    expect(repeatsIn(report.seen)).toBeLessThanOrEqual(report.cuts);
    expectSurvival(report);
  }, 300_000);

  it('gets every message once and in order over resumableFetch', async () => {
    const sdk = await oldSdk(version);
    const report = await ordeal(`SDK ${version} with resumableFetch`, (url) =>
      connectSdk(sdk, url, { eventSourceInit: { fetch: resumableFetch() } }),
    );
    expect(repeatsIn(report.seen)).toBe(0);
    expectSurvival(report);
  }, 300_000);
});

describe.skipIf(missing)('SDK 1.12, the last one that does not send its protocol version', () => {
  it('gets the plain stream, and a new session after a cut', async () => {
    const record = recordStreams();
    const closed: string[] = [];
    const { port, mcp } = await serve(
      {
        hooks: { onSessionClose: (_, reason) => closed.push(reason) },
        resume: { probeTimeoutMs: 10 },
      },
      { prepare: record.prepare, way: 'router' },
    );
    const relay = await Relay.to(port);
    const client = await connectSdk(await oldSdk('1.12'), `${relay.url}/sse`);
    const [session] = mcp.sessions;
    await session!.notify('notifications/message', { level: 'info', data: 1 });
    await eventually(() => client.seen.length === 1);
    relay.cut();
    await eventually(() => closed.length === 1);
    expect(closed).toEqual(['client-disconnected']);
    const [endpoint, initialized, message, ...rest] = record.streams[0]!.split('\n\n');
    expect(endpoint).toBe(`event: endpoint\ndata: message?sessionId=${session!.id}`);
    expect(initialized).toMatch(/^event: message\ndata: \{"jsonrpc":"2.0","id":0,"result":.*\}$/);
    expect(message).toMatch(/^event: message\ndata: \{"jsonrpc":"2.0","method":.*\}$/);
    expect(rest).toEqual(['']);
    await eventually(() => mcp.sessions.size === 1, 'a new session');
    await client.close();
  });

  it('gets every message once and in order over resumableFetch', async () => {
    const sdk = await oldSdk('1.12');
    const report = await ordeal('SDK 1.12 with resumableFetch', (url) =>
      connectSdk(sdk, url, { eventSourceInit: { fetch: resumableFetch() } }),
    );
    expect(repeatsIn(report.seen)).toBe(0);
    expectSurvival(report);
  }, 300_000);
});
