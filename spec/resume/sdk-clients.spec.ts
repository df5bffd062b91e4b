import * as v2 from '@modelcontextprotocol/client';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { describe, expect, it } from 'vitest';

import { resumableFetch } from '../../lib/client/index.js';
import { expectSurvival, ordeal, repeatsIn } from '../support/ordeal.js';
import { connectSdk, type Sdk } from '../support/sdk-client.js';

const sdks: [string, Sdk][] = [
  ['SDK v1', { Client, SSEClientTransport }],
  ['SDK v2', v2],
];

describe.each(sdks)('%s', (name, sdk) => {
  it('gets every message once and in order over resumableFetch, however its streams are cut', async () => {
    const report = await ordeal(`${name} with resumableFetch`, (url) =>
      connectSdk(sdk, url, { fetch: resumableFetch() }),
    );
    expect(repeatsIn(report.seen)).toBe(0);
    expect(report.seen).toHaveLength(report.sent);
    expectSurvival(report);
  }, 300_000);

  it('without resumableFetch, gets every message in order, at most one twice for each cut', async () => {
    const report = await ordeal(`${name} as it is`, (url) => connectSdk(sdk, url));
    expect(repeatsIn(report.seen)).toBeLessThanOrEqual(report.cuts);
    expectSurvival(report);
  }, 300_000);
});
