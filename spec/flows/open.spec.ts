import { expect, it } from 'vitest';
import { serve } from '../support/serve.js';
import { StreamClient } from '../support/stream-client.js';

it('answers initialize and ping over the stream', async () => {
  const { url } = await serve();
  const client = await StreamClient.open(`${url}/sse`);
  const answer = await client.request('initialize', { protocolVersion: '2024-11-05' });
  expect(answer.result.protocolVersion).toBe('2024-11-05');
  expect((await client.request('ping')).result).toEqual({});
});
