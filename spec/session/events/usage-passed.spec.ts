import { describe, expect, it } from 'vitest';

import type { UsageRow } from '../../../lib/index.js';
import { Usage } from '../../../lib/session/events/usage.js';
import { usageOf } from '../../../lib/session/events/usage-rows.js';
import { listenTo } from '../../support/listen.js';
import { request } from '../../support/messages.js';
import { serve } from '../../support/serve.js';
import { post } from '../../support/stream-client.js';

describe('requests that are passed on to Streamable HTTP', () => {
  const usage = (): Usage => new Usage({ principals: 'hashed' });
  const rows = (of: Usage): readonly UsageRow[] => usageOf([of.report([])], []).rows;

  it('are counted by their headers', () => {
    const counted = usage();
    const headers = { 'user-agent': 'node', 'mcp-protocol-version': '2025-11-25' };
    counted.passed({ principal: undefined, headers });
    counted.passed({ principal: undefined, headers });
    expect(rows(counted)).toMatchObject([
      {
        ...{ client: undefined, protocolVersion: '2025-11-25', userAgent: 'node' },
        ...{ transport: 'streamable', sessions: 0, requests: 2 },
      },
    ]);
  });

  it.each([
    ['initialize', 1, { clientInfo: { name: 'a', version: '1' }, protocolVersion: '2025-11-25' }],
    [
      ...(['tools/list', 0] as const),
      {
        _meta: {
          'io.modelcontextprotocol/clientInfo': { name: 'a', version: '1' },
          'io.modelcontextprotocol/protocolVersion': '2025-11-25',
        },
      },
    ],
  ])('are counted by their parsed body: %s', (method, sessions, params) => {
    const counted = usage();
    const body = { jsonrpc: '2.0', id: 1, method, params };
    counted.passed({ principal: 'ann', headers: {}, body });
    expect(rows(counted)).toMatchObject([
      { client: 'a', version: '1', protocolVersion: '2025-11-25', sessions, requests: 1 },
    ]);
  });

  it.each([undefined, null, [], 'text', { params: 1 }, { params: { _meta: 1, clientInfo: [] } }])(
    'are counted whatever the body is: %o',
    (body) => {
      const counted = usage();
      counted.passed({ principal: undefined, headers: {}, body });
      expect(rows(counted)).toMatchObject([{ client: undefined, requests: 1 }]);
    },
  );

  it('are published once', () => {
    const heard = listenTo('mcp-sse:usage');
    const counted = usage();
    counted.passed({ principal: undefined, headers: {} });
    counted.passed({ principal: undefined, headers: {} });
    expect(heard).toMatchObject([{ transport: 'streamable', session: undefined }]);
  });
});

it('are counted by the principal of the request', async () => {
  const { url, mcp } = await serve({
    streamableHttp: (_req, res) => res.status(204).end(),
    security: { principal: () => 'ann' },
    usage: { principals: 'plain' },
  });
  const headers = { 'mcp-protocol-version': '2025-11-25', 'User-Agent': 'agent/1' };
  await post(`${url}/sse`, request(1, 'tools/list'), headers);
  const { rows } = await mcp.usage();
  expect(rows).toMatchObject([
    {
      ...{ transport: 'streamable', principal: 'ann', userAgent: 'agent/1' },
      ...{ protocolVersion: '2025-11-25', requests: 1 },
    },
  ]);
});
