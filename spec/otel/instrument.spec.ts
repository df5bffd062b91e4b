import { channel } from 'node:diagnostics_channel';

import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';

import { localAdapter } from '../../lib/adapter/index.js';
import type { JsonRpcMessage } from '../../lib/index.js';
import { instrument, type InstrumentOptions } from '../../lib/otel/index.js';
import { deferred } from '../support/deferred.js';
import { introduce } from '../support/dashboard-client.js';
import { eventually } from '../support/eventually.js';
import { notification, request } from '../support/messages.js';
import { named, observed, useOpenTelemetry } from '../support/otel.js';
import { lastId, onlySession, openWithIds } from '../support/returning-client.js';
import { discovered } from '../support/serve-nodes.js';
import { serve } from '../support/serve.js';
import { StreamClient } from '../support/stream-client.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';
const TRACEPARENT = `00-${TRACE}-${PARENT}-01`;

useOpenTelemetry();

describe('the span of a request', () => {
  const server = (): McpServer => {
    const made = new McpServer({ name: 's', version: '1' });
    made.registerTool('greet', { inputSchema: { name: z.string() } }, ({ name }) => ({
      content: [{ type: 'text', text: `Hello, ${name}!` }],
    }));
    made.registerTool('fail', {}, () => {
      throw new Error('broken');
    });
    return made;
  };

  it('follows the conventions, for a call of a real client', async () => {
    const { url, spans } = await observed({ server });
    const client = new Client({ name: 'c', version: '1' });
    await client.connect(new SSEClientTransport(new URL(`${url}/sse`)));
    await client.callTool({ name: 'greet', arguments: { name: 'Ada' } });
    await client.callTool({ name: 'fail' });
    await client.close();
    const { kind, status, attributes } = named(spans(), 'tools/call greet');
    expect([kind, status.code]).toEqual([SpanKind.SERVER, SpanStatusCode.UNSET]);
    expect(attributes).toEqual({
      'mcp.method.name': 'tools/call',
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': 'greet',
      'jsonrpc.request.id': '1',
      'mcp.protocol.version': '2025-11-25',
      'mcp.session.id': expect.stringMatching(/^[\w-]{16}$/),
      'network.transport': 'tcp',
      'network.protocol.name': 'http',
    });
    const failed = named(spans(), 'tools/call fail');
    expect(failed.attributes['error.type']).toBe('tool_error');
    expect(failed.status.code).toBe(SpanStatusCode.ERROR);
    expect(named(spans(), 'initialize').kind).toBe(SpanKind.SERVER);
  });

  it('has the code of a JSON-RPC error', async () => {
    const { url, spans } = await observed();
    const client = await StreamClient.open(`${url}/sse`);
    await client.request('no/such');
    const { attributes, status } = named(spans(), 'no/such');
    expect(attributes).toMatchObject({
      'error.type': '-32601',
      'rpc.response.status_code': '-32601',
    });
    expect(status).toEqual({ code: SpanStatusCode.ERROR, message: 'Method not found' });
  });

  it('names prompts and resources, but no URI in the name of a span', async () => {
    const { url, spans } = await observed({ handler: () => ({}) });
    const client = await StreamClient.open(`${url}/sse`);
    await client.request('prompts/get', { name: 'poem' });
    await client.request('completion/complete', { ref: { type: 'ref/prompt', name: 'poem' } });
    await client.request('completion/complete', { ref: { type: 'ref/resource', uri: 'a:b' } });
    await client.request('resources/read', { uri: 'file:///a' });
    await client.request('tools/call', { name: 7 });
    expect(spans().map(({ name }) => name)).toEqual([
      ...['prompts/get poem', 'completion/complete poem', 'completion/complete'],
      ...['resources/read', 'tools/call'],
    ]);
    expect(spans()[0]!.attributes['gen_ai.prompt.name']).toBe('poem');
    expect(spans()[3]!.attributes['mcp.resource.uri']).toBe('file:///a');
  });

  it("has the session id itself with sessionIds: 'plain'", async () => {
    const { url, spans } = await observed({}, { sessionIds: 'plain' });
    const client = await StreamClient.open(`${url}/sse`);
    await client.request('ping');
    expect(named(spans(), 'ping').attributes['mcp.session.id']).toBe(client.sessionId);
  });
});

describe('the parent', () => {
  const params = { _meta: { traceparent: TRACEPARENT } };

  it('is taken from params._meta', async () => {
    const { url, spans } = await observed();
    const client = await StreamClient.open(`${url}/sse`);
    await client.request('ping', params);
    const { parentSpanContext } = named(spans(), 'ping');
    expect(parentSpanContext).toMatchObject({ traceId: TRACE, spanId: PARENT, isRemote: true });
  });

  it('is not taken from the client with remoteParent: false', async () => {
    const { url, spans } = await observed({}, { remoteParent: false });
    const client = await StreamClient.open(`${url}/sse`);
    await client.request('ping', params);
    expect(named(spans(), 'ping').parentSpanContext).toBeUndefined();
  });

  it.each([undefined, 'nonsense', 7, { a: 1 }])('is none for %o', async (traceparent) => {
    const { url, spans } = await observed();
    const client = await StreamClient.open(`${url}/sse`);
    await client.request('ping', { _meta: { traceparent } });
    expect(named(spans(), 'ping').parentSpanContext).toBeUndefined();
  });

  // Kills: a tool whose own spans hang in the air, or in the span of the POST.
  it("of a tool's own spans is the span of its call, before and after an await", async () => {
    const rig = await observed({
      handler: async () => {
        rig.tracer.startSpan('before').end();
        await Promise.resolve();
        rig.tracer.startSpan('after').end();
        return {};
      },
    });
    const client = await StreamClient.open(`${rig.url}/sse`);
    await client.request('tools/call', { name: 'work', ...params });
    const call = named(rig.spans(), 'tools/call work').spanContext();
    for (const name of ['before', 'after']) {
      expect(named(rig.spans(), name).parentSpanContext?.spanId).toBe(call.spanId);
      expect(call.traceId).toBe(TRACE);
    }
  });
});

describe('spans are not held', () => {
  const forever = { handler: () => new Promise(() => {}) };

  // Kills: a request that is never answered, and holds its span for ever.
  it('beyond the end of their session', async () => {
    const { url, mcp, spans } = await observed(forever);
    const client = await StreamClient.open(`${url}/sse`);
    await client.post(request(1, 'tools/call', { name: 'slow' }));
    expect(spans()).toEqual([]);
    client.drop();
    await eventually(() => mcp.sessions.size === 0);
    const { attributes, status } = named(spans(), 'tools/call slow');
    expect([attributes['error.type'], status.code]).toEqual([
      'session-closed',
      SpanStatusCode.ERROR,
    ]);
  });

  // Kills: a session that another node goes on with, and the spans of one that came from there.
  it('on the node that a session leaves, and appear on the next one', async () => {
    const gate = deferred<object>();
    const adapter = localAdapter();
    const handler = (message: JsonRpcMessage): unknown =>
      'method' in message && message.method === 'tools/call' ? gate.promise : {};
    const leaving = await observed({ handler, adapter });
    const staying = await observed({ handler, adapter });
    await discovered([leaving, staying]);
    const client = await openWithIds(`${leaving.url}/sse`);
    const session = onlySession(leaving.mcp);
    void session.request('roots/list').catch(() => undefined);
    await leaving.mcp.close();
    expect(named(leaving.spans(), 'roots/list').attributes['error.type']).toBe('session-closed');
    const again = await StreamClient.open(`${staying.url}/sse`, {
      'Last-Event-ID': lastId(client),
    });
    await again.post(request(1, 'tools/call'));
    expect(staying.spans().map(({ name }) => name)).not.toContain('tools/call');
    onlySession(staying.mcp).close();
    expect(named(staying.spans(), 'tools/call').attributes['error.type']).toBe('session-closed');
  });

  it('after their cancellation', async () => {
    const { url, spans } = await observed(forever);
    const client = await StreamClient.open(`${url}/sse`);
    await client.post(request(1, 'tools/call'));
    await client.post(notification('notifications/cancelled', { requestId: 1 }));
    expect(named(spans(), 'tools/call').attributes['error.type']).toBe('cancelled');
  });

  // Kills: requests of the server that the client never answers.
  it('without bound: 1,000 of a session', async () => {
    const { url, mcp, spans } = await observed();
    const client = await StreamClient.open(`${url}/sse`);
    const session = onlySession(mcp);
    for (let id = 0; id < 1_001; id += 1) {
      void session.send({ jsonrpc: '2.0', id, method: 'roots/list' });
    }
    const { attributes, kind } = named(spans(), 'roots/list');
    expect([kind, attributes['error.type'], attributes['jsonrpc.request.id']]).toEqual([
      ...[SpanKind.CLIENT, 'timeout', '0'],
    ]);
    client.drop();
    await eventually(() => spans().length === 1_001);
  });

  it('after it was stopped', async () => {
    const { url, spans, stop } = await observed(forever);
    const client = await StreamClient.open(`${url}/sse`);
    await client.post(request(1, 'tools/call'));
    stop();
    stop();
    await client.post(request(2, 'tools/call'));
    expect(named(spans(), 'tools/call').attributes['error.type']).toBe('stopped');
  });

  it('after the router has closed', async () => {
    const { mcp, spans } = await observed();
    await mcp.close();
    expect(spans()).toEqual([]);
  });
});

it('ignores events that other publishers put on the channels', async () => {
  const { url, spans } = await observed();
  const names = ['session.open', 'session.restore', 'session.close', 'session.hand-over'];
  for (const name of [...names, 'writer.stall', 'shutdown']) {
    for (const payload of [undefined, {}, { session: 1, sessions: 1, finished: true }]) {
      channel(`mcp-sse:${name}`).publish(payload);
    }
  }
  const client = await StreamClient.open(`${url}/sse`);
  await client.request('call');
  await eventually(() => spans().length === 1);
});

it('makes spans for requests of the server, but not for keep-alives', async () => {
  const { url, mcp, spans } = await observed();
  const client = await introduce(url, { name: 'alpha' });
  const session = onlySession(mcp);
  const answers = Promise.all([session.request('roots/list'), session.request('ping')]);
  for (let count = 0; count < 2; count += 1) {
    const { id } = await client.nextMessage(({ method }) => method !== undefined);
    await client.post({ jsonrpc: '2.0', id, result: { roots: [] } });
  }
  await answers;
  expect(named(spans(), 'roots/list').kind).toBe(SpanKind.CLIENT);
  expect(spans().some(({ name }) => name === 'ping')).toBe(false);
});

it.each([
  [{ sessionId: 'plain' }, 'unknown option sessionId'],
  [{ sessionIds: 'none' }, "sessionIds must be 'hashed' or 'plain'"],
  [{ remoteParent: 1 }, 'remoteParent must be a boolean'],
])('refuses %o', async (options, message) => {
  const { mcp } = await serve();
  expect(() => instrument(mcp, options as InstrumentOptions)).toThrow(message);
});
