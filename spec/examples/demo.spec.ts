import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  LoggingMessageNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { expect, it } from 'vitest';

import {
  Client,
  SSEClientTransport,
  StreamableHTTPClientTransport,
  type VersionNegotiationMode,
} from '@modelcontextprotocol/client';

import { eventually } from '../support/eventually.js';
import { CLIENTS } from '../support/every-client.js';
import { runExample, textOf } from '../support/run-example.js';

const example = runExample('demo');

it('prints how to connect', async () => {
  const url = example.url('/sse').href;
  expect(example.stdout).toContain(`MCP at ${url}`);
  expect(example.stdout).toMatch(`npx @modelcontextprotocol/inspector --cli ${url}`);
  expect(example.stdout).toContain(`curl -N ${url}`);
});

it("searches the project's documentation", async () => {
  const client = await example.connect();
  const call = { name: 'search_docs', arguments: { query: 'nginx proxy buffering', limit: 1 } };
  expect(textOf(await client.callTool(call))).toContain('docs/hosting.md: nginx');
});

it('reports progress and log messages of a long task', async () => {
  const client = await example.connect();
  const logs: unknown[] = [];
  client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => {
    logs.push(params.data);
  });
  const steps: number[] = [];
  const call = { name: 'count_words', arguments: { pauseMs: 0 } };
  const result = await client.callTool(call, undefined, {
    onprogress: ({ progress }) => steps.push(progress),
  });
  expect(textOf(result)).toMatch(/^\d+ words in \d+ sections$/);
  expect(logs.length).toBeGreaterThan(10);
  expect(steps).toEqual([...steps].sort((a, b) => a - b));
});

it('stops the long task when the client cancels it', async () => {
  const client = await example.connect();
  const cancel = new AbortController();
  const stop = (): void => {
    cancel.abort();
  };
  const call = { name: 'count_words', arguments: { pauseMs: 5_000 } };
  const options = { signal: cancel.signal, onprogress: stop };
  await expect(client.callTool(call, undefined, options)).rejects.toThrow('abort');
  await eventually(() => example.stdout.includes('notifications/cancelled'), 'the cancellation');
  await client.ping();
});

it("asks the client's model for a summary", async () => {
  const client = await example.connect('/sse', { capabilities: { sampling: {} } });
  client.setRequestHandler(CreateMessageRequestSchema, ({ params }) => {
    expect(JSON.stringify(params.messages)).toContain('Summarise');
    return { model: 'spec', role: 'assistant', content: { type: 'text', text: 'In short.' } };
  });
  const call = { name: 'summarise', arguments: { topic: 'shutdown' } };
  expect(textOf(await client.callTool(call))).toBe('In short.\n\n(spec)');
});

it('tells a client without sampling that it needs a model', async () => {
  const client = await example.connect();
  const result = await client.callTool({ name: 'summarise', arguments: { topic: 'shutdown' } });
  expect(result.isError).toBe(true);
  expect(textOf(result)).toContain('sampling');
});

it('asks the person in front of the client', async () => {
  const client = await example.connect('/sse', { capabilities: { elicitation: {} } });
  client.setRequestHandler(ElicitRequestSchema, () => ({
    action: 'accept',
    content: { transport: 'both' },
  }));
  expect(textOf(await client.callTool({ name: 'advise' }))).toContain('Serve both');
  client.setRequestHandler(ElicitRequestSchema, () => ({ action: 'decline' }));
  expect(textOf(await client.callTool({ name: 'advise' }))).toBe('No answer, no advice.');
});

const CALL = { name: 'search_docs', arguments: { query: 'shutdown', limit: 1 } };

it.each(CLIENTS)('serves clients of every era at its URL: %s', async (_, connect) => {
  const client = example.closeLater(await connect(example.url('/sse')));
  expect(await client.callTool(CALL)).toMatchObject({ content: [{ type: 'text' }] });
});

const MODES: [name: string, mode: VersionNegotiationMode, sse: boolean][] = [
  ['HTTP+SSE', 'legacy', true],
  ['Streamable HTTP with a session', 'legacy', false],
  ['2026-07-28', 'auto', false],
];

it.each(MODES)(
  'asks the model and the person, and reports progress, over %s',
  async (_, mode, sse) => {
    const client = new Client(
      { name: 'spec', version: '1' },
      { capabilities: { sampling: {}, elicitation: {} }, versionNegotiation: { mode } },
    );
    client.setRequestHandler('sampling/createMessage', () => ({
      model: 'spec',
      role: 'assistant',
      content: { type: 'text', text: 'In short.' },
    }));
    client.setRequestHandler('elicitation/create', () => ({
      action: 'accept',
      content: { transport: 'both' },
    }));
    const url = example.url('/sse');
    await client.connect(
      sse ? new SSEClientTransport(url) : new StreamableHTTPClientTransport(url),
    );
    example.closeLater(client);
    const summary = { name: 'summarise', arguments: { topic: 'shutdown' } };
    expect(textOf(await client.callTool(summary))).toBe('In short.\n\n(spec)');
    expect(textOf(await client.callTool({ name: 'advise' }))).toContain('Serve both');
    const steps: number[] = [];
    const onprogress = ({ progress }: { progress: number }): void => void steps.push(progress);
    await client.callTool({ name: 'count_words', arguments: { pauseMs: 0 } }, { onprogress });
    expect(steps.length).toBeGreaterThan(10);
  },
);
