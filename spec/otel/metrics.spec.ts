import { describe, expect, it } from 'vitest';

import { introduce } from '../support/dashboard-client.js';
import { deferred } from '../support/deferred.js';
import { eventually } from '../support/eventually.js';
import { observed } from '../support/otel.js';
import { StreamClient } from '../support/stream-client.js';

describe('the metrics', () => {
  it('are the durations of the conventions, with their boundaries', async () => {
    const { url, mcp, points } = await observed();
    const client = await introduce(url, { name: 'alpha' });
    await client.request('ping');
    client.drop();
    await eventually(() => mcp.sessions.size === 0);
    const common = { 'network.transport': 'tcp', 'network.protocol.name': 'http' };
    const durations = await points('mcp.server.operation.duration');
    expect(durations.map(({ attributes }) => attributes['mcp.method.name'])).toEqual([
      ...['initialize', 'ping'],
    ]);
    expect(durations[1]!.attributes).toEqual({
      ...{ ...common, 'mcp.method.name': 'ping', 'mcp.protocol.version': '2024-11-05' },
    });
    const [session] = await points('mcp.server.session.duration');
    expect(session).toMatchObject({
      attributes: { ...common, 'mcp.protocol.version': '2024-11-05' },
      value: {
        count: 1,
        buckets: {
          boundaries: [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300],
        },
      },
    });
  });

  // Kills: names of clients as values of an attribute.
  it('have no names that clients invent', async () => {
    const gate = deferred();
    const { url, points } = await observed({
      handler: async (message) => {
        if ('params' in message && message.params?.name === 'unknown')
          throw new Error('no such tool');
        gate.resolve();
        return {};
      },
    });
    const client = await StreamClient.open(`${url}/sse`);
    await client.request('tools/call', { name: 'known' });
    await client.request('tools/call', { name: 'unknown' });
    const tools = (await points('mcp.server.operation.duration')).map(
      ({ attributes }) => attributes['gen_ai.tool.name'],
    );
    expect(tools.sort()).toEqual(['_OTHER', 'known']);
  });

  it('know the tools that a server lists, including those that always fail', async () => {
    const { url, points } = await observed({
      handler: (message) =>
        'method' in message && message.method === 'tools/list'
          ? { tools: [{ name: 'weak' }, null] }
          : { isError: true },
    });
    const client = await StreamClient.open(`${url}/sse`);
    await client.request('tools/list');
    await client.request('tools/call', { name: 'weak' });
    const [, call] = await points('mcp.server.operation.duration');
    expect(call!.attributes).toMatchObject({
      ...{ 'gen_ai.tool.name': 'weak', 'error.type': 'tool_error' },
    });
  });

  it('include those of stats()', async () => {
    const { url, points } = await observed();
    const client = await StreamClient.open(`${url}/sse`);
    await client.post('{');
    const sessions = await points('mcp_sse.sessions');
    expect(sessions).toContainEqual({ attributes: { state: 'connected' }, value: 1 });
    expect(await points('mcp_sse.refused')).toEqual([
      { attributes: { code: 'parse-error' }, value: 1 },
    ]);
  });
});
