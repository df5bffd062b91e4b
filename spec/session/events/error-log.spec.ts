import { expect, it, onTestFinished, vi } from 'vitest';

import type { McpSseError } from '../../../lib/index.js';
import { throwing } from '../../support/failing.js';
import { serve } from '../../support/serve.js';
import { StreamClient } from '../../support/stream-client.js';

function logged() {
  const log = vi.spyOn(console, 'error').mockImplementation(() => {});
  onTestFinished(() => log.mockRestore());
  return log;
}

it('logs the faults of the server with their cause, each code once a second', async () => {
  const log = logged();
  const { url } = await serve({ handler: throwing(new Error('the cause')) });
  const client = await StreamClient.open(`${url}/sse`);
  for (let n = 0; n < 5; n += 1) await client.request('x');
  expect(log).toHaveBeenCalledTimes(1);
  const [text, error] = log.mock.calls[0] as [string, McpSseError];
  expect(text).toBe('[express-mcp-sse] server-failed:');
  expect(error.cause).toMatchObject({ message: 'the cause' });
});

it('logs no fault of a client', async () => {
  const log = logged();
  const { url } = await serve();
  const client = await StreamClient.open(`${url}/sse`);
  await client.post({});
  await client.post('nonsense');
  expect(log).not.toHaveBeenCalled();
});

it('logs nothing with an onError', async () => {
  const log = logged();
  const errors: string[] = [];
  const { url } = await serve({
    handler: throwing(new Error('the cause')),
    hooks: { onError: ({ code }) => errors.push(code) },
  });
  await (await StreamClient.open(`${url}/sse`)).request('x');
  expect(errors).toEqual(['server-failed']);
  expect(log).not.toHaveBeenCalled();
});

it('survives a cause that cannot be inspected', async () => {
  const log = logged();
  log.mockImplementationOnce(() => {
    throw new Error('custom inspection');
  });
  const { url } = await serve({ handler: throwing(new Error('x')) });
  expect(await (await StreamClient.open(`${url}/sse`)).request('x')).toMatchObject({
    error: { code: -32603 },
  });
  expect(log).toHaveBeenLastCalledWith(expect.stringContaining('server-failed: x'));
});
