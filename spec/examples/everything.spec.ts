import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  LoggingMessageNotificationSchema,
  ResourceUpdatedNotificationSchema,
  ToolListChangedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { expect, it } from 'vitest';

import { eventually } from '../support/eventually.js';
import { runExample, textOf } from '../support/run-example.js';

const example = runExample('everything');

async function typesOf(client: Client, name: string): Promise<string[]> {
  const { content } = await client.callTool({ name });
  return (content as { type: string }[]).map(({ type }) => type);
}

it('returns every kind of content', async () => {
  const client = await example.connect();
  expect(await typesOf(client, 'test_image_content')).toEqual(['image']);
  expect(await typesOf(client, 'test_audio_content')).toEqual(['audio']);
  expect(await typesOf(client, 'test_resource_link')).toEqual(['resource_link']);
  const mixed = ['text', 'image', 'resource'];
  expect(await typesOf(client, 'test_multiple_content_types')).toEqual(mixed);
  const call = { name: 'test_structured_content', arguments: { a: 1, b: 2 } };
  expect((await client.callTool(call)).structuredContent).toEqual({ sum: 3 });
  const failure = await client.callTool({ name: 'test_error_handling' });
  expect(failure).toMatchObject({ isError: true });
});

it('lists resources and templates, and reads them', async () => {
  const client = await example.connect();
  const { resources } = await client.listResources();
  expect(resources.map(({ uri }) => uri)).toContain('test://template/123/data');
  const { resourceTemplates } = await client.listResourceTemplates();
  expect(resourceTemplates).toMatchObject([{ uriTemplate: 'test://template/{id}/data' }]);
  const { contents } = await client.readResource({ uri: 'test://template/9/data' });
  expect(JSON.stringify(contents)).toContain('Data for ID: 9');
});

it('notifies of a changed resource while the client has subscribed to it', async () => {
  const client = await example.connect();
  const told: string[] = [];
  client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => {
    told.push(params.uri);
  });
  const uri = 'test://watched-resource';
  const update = (): Promise<Record<string, unknown>> =>
    client.callTool({ name: 'test_update_resource', arguments: { text: 'new' } });
  expect(textOf(await update())).toContain('not subscribed');
  await client.subscribeResource({ uri });
  await update();
  await eventually(() => told.length === 1, 'the notification');
  expect(told).toEqual([uri]);
  expect((await client.readResource({ uri })).contents).toMatchObject([{ text: 'new' }]);
  await client.unsubscribeResource({ uri });
  expect(textOf(await update())).toContain('not subscribed');
});

it('notifies of a changed list of tools', async () => {
  const client = await example.connect();
  let changes = 0;
  client.setNotificationHandler(ToolListChangedNotificationSchema, () => {
    changes += 1;
  });
  await client.callTool({ name: 'test_list_changed' });
  await eventually(() => changes > 0, 'the notification');
  const { tools } = await client.listTools();
  expect(tools.map(({ name }) => name)).toContain('added_1');
});

it('completes the arguments of prompts and templates', async () => {
  const client = await example.connect();
  const prompt = await client.complete({
    ref: { type: 'ref/prompt', name: 'test_prompt_with_arguments' },
    argument: { name: 'arg1', value: 'par' },
  });
  expect(prompt.completion.values).toEqual(['paris', 'park', 'party']);
  const template = await client.complete({
    ref: { type: 'ref/resource', uri: 'test://template/{id}/data' },
    argument: { name: 'id', value: '12' },
  });
  expect(template.completion.values).toEqual(['123', '124']);
});

it("reports progress, and logs from the client's level on", async () => {
  const client = await example.connect();
  const steps: number[] = [];
  const options = { onprogress: ({ progress }: { progress: number }) => steps.push(progress) };
  await client.callTool({ name: 'test_tool_with_progress' }, undefined, options);
  expect(steps).toEqual([0, 50, 100]);
  const logs: unknown[] = [];
  client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => {
    logs.push(params.data);
  });
  await client.setLoggingLevel('error');
  await client.callTool({ name: 'test_tool_with_logging' });
  await client.setLoggingLevel('info');
  await client.callTool({ name: 'test_tool_with_logging' });
  await eventually(() => logs.length >= 3, 'the log messages');
  expect(logs).toHaveLength(3);
});

it("asks the client's model, and the person in front of it", async () => {
  const capabilities = { sampling: {}, elicitation: {} };
  const client = await example.connect('/sse', { capabilities });
  client.setRequestHandler(CreateMessageRequestSchema, () => ({
    model: 'spec',
    role: 'assistant',
    content: { type: 'text', text: 'Blue.' },
  }));
  client.setRequestHandler(ElicitRequestSchema, () => ({
    action: 'accept',
    content: { username: 'ada', email: 'ada@example.com' },
  }));
  const sample = { name: 'test_sampling', arguments: { prompt: 'Which colour?' } };
  expect(textOf(await client.callTool(sample))).toBe('LLM response: Blue.');
  const ask = { name: 'test_elicitation', arguments: { message: 'Who are you?' } };
  expect(textOf(await client.callTool(ask))).toContain('action=accept, content={"username":"ada"');
});
