import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { request } from '../support/messages.js';
import { discovered, endpointAt, serveTwo } from '../support/serve-nodes.js';
import { post, StreamClient } from '../support/stream-client.js';

const at = new Date('2027-12-01');
const sunset = { deprecated: new Date('2027-01-01'), at, successor: 'https://tools.example/mcp' };

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: at });
});
afterEach(() => {
  vi.useRealTimers();
});

it('refuses a session alike, on whichever node its initialize arrives', async () => {
  const [one, other] = await serveTwo({ sunset });
  await discovered([one, other]);
  for (const node of [one, other]) {
    const client = await StreamClient.open(`${one.url}/sse`);
    const params = { clientInfo: { name: 'old', version: '1' } };
    const { status, headers } = await post(
      endpointAt(node, client),
      request(1, 'initialize', params),
    );
    expect(status).toBe(202);
    expect(headers.deprecation).toBe('@1798761600');
    expect(await client.nextMessage()).toMatchObject({ id: 1, error: { code: -32000 } });
    await client.end();
  }
  const { rows } = await other.mcp.usage();
  expect(rows).toMatchObject([{ client: 'old', sessions: 0, refused: 2 }]);
  expect(one.mcp.stats().totals.refused).toEqual({ sunset: 2 });
  expect(other.mcp.stats().totals.refused).toEqual({});
});
