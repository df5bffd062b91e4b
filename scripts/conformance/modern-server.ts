// What the conformance suite asks for, of a server of SDK v2 that speaks 2026-07-28 and nothing else.
import { setTimeout as sleep } from 'node:timers/promises';

import {
  completable,
  inputRequired,
  McpServer,
  ResourceTemplate,
  type CallToolResult,
  type GetPromptResult,
  type InputRequest,
  type InputRequiredResult,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { z } from 'zod';

import { PIXEL, SILENCE } from '../../examples/everything/media.js';
import { CHOICES, CONTACT, DEFAULTS, PERSON } from '../../examples/everything/schemas.js';

type Content = GetPromptResult['messages'][number]['content'];

const PAUSE_MS = 50;

export function createModernServer(): McpServer {
  const server = new McpServer(
    { name: 'modern', version: '1.0.0' },
    { capabilities: { logging: {}, resources: { subscribe: true, listChanged: true } } },
  );
  addContentTools(server);
  addLiveTools(server);
  addQuestions(server);
  addResources(server);
  addPrompts(server);
  return server;
}

const text = (content: string): { type: 'text'; text: string } => ({ type: 'text', text: content });
const resource = (uri: string, mimeType: string, content: string): Content => ({
  type: 'resource',
  resource: { uri, mimeType, text: content },
});

const FIXED: Record<string, CallToolResult['content']> = {
  test_simple_text: [text('This is a simple text response for testing.')],
  test_image_content: [{ type: 'image', ...PIXEL }],
  test_audio_content: [{ type: 'audio', ...SILENCE }],
  test_embedded_resource: [
    resource('test://embedded-resource', 'text/plain', 'This is an embedded resource content.'),
  ],
  test_multiple_content_types: [
    text('Multiple content types test:'),
    { type: 'image', ...PIXEL },
    resource('test://mixed-content-resource', 'application/json', '{"test":"data","value":123}'),
  ],
};

function addContentTools(server: McpServer): void {
  for (const [name, content] of Object.entries(FIXED)) {
    server.registerTool(name, { description: name }, () => ({ content }));
  }
  server.registerTool('test_error_handling', { description: 'Always fails' }, () => {
    throw new Error('This tool intentionally returns an error for testing');
  });
  const description = 'Tool with JSON Schema 2020-12 features';
  server.registerTool(
    'json_schema_2020_12_tool',
    { description, inputSchema: PERSON },
    (input) => ({
      content: [text(JSON.stringify(input))],
    }),
  );
}

function addLiveTools(server: McpServer): void {
  const logs = { description: 'Sends three log messages' };
  server.registerTool('test_tool_with_logging', logs, async ({ mcpReq }) => {
    for (const what of ['started', 'is processing data', 'completed']) {
      // eslint-disable-next-line @typescript-eslint/no-deprecated -- the suite still asks for it
      await mcpReq.log('info', `Tool execution ${what}`);
      await sleep(PAUSE_MS);
    }
    return { content: [text('Logged three messages.')] };
  });
  const reports = { description: 'Reports progress' };
  server.registerTool('test_tool_with_progress', reports, async ({ mcpReq }) => {
    const progressToken = mcpReq._meta?.progressToken;
    for (const progress of [0, 50, 100]) {
      if (progressToken !== undefined) {
        const params = { progressToken, progress, total: 100 };
        await mcpReq.notify({ method: 'notifications/progress', params });
      }
      await sleep(PAUSE_MS);
    }
    return { content: [text('Done.')] };
  });
}

/** Returns the question, and when it is answered what `tell` makes of the answer. */
function ask(
  { mcpReq }: ServerContext,
  question: InputRequest,
  tell: (answer: Record<string, unknown>) => string,
): CallToolResult | InputRequiredResult {
  const answer = mcpReq.inputResponses?.question;
  if (answer === undefined) return inputRequired({ inputRequests: { question } });
  return { content: [text(tell(answer as Record<string, unknown>))] };
}

function addQuestions(server: McpServer): void {
  const prompt = z.object({ prompt: z.string() });
  server.registerTool(
    'test_sampling',
    { description: 'Lets the model answer', inputSchema: prompt },
    (input, context) => {
      const messages = [{ role: 'user' as const, content: text(input.prompt) }];
      const question = inputRequired.createMessage({ messages, maxTokens: 100 });
      return ask(context, question, (answer) => {
        const content = answer.content as { text?: string };
        return `LLM response: ${content.text ?? ''}`;
      });
    },
  );
  const said = ({ action, content }: Record<string, unknown>): string =>
    `action=${String(action)}, content=${JSON.stringify(content ?? {})}`;
  server.registerTool(
    'test_elicitation',
    { description: 'Asks for a name', inputSchema: z.object({ message: z.string() }) },
    ({ message }, context) =>
      ask(
        context,
        inputRequired.elicit({ message, requestedSchema: CONTACT }),
        (answer) => `User response: ${said(answer)}`,
      ),
  );
  const forms = [
    ['test_elicitation_sep1034_defaults', DEFAULTS],
    ['test_elicitation_sep1330_enums', CHOICES],
  ] as const;
  for (const [name, requestedSchema] of forms) {
    server.registerTool(name, { description: name }, (context) =>
      ask(
        context,
        inputRequired.elicit({ message: 'Is this right?', requestedSchema }),
        (answer) => `Elicitation completed: ${said(answer)}`,
      ),
    );
  }
}

function addResources(server: McpServer): void {
  const plain = { mimeType: 'text/plain' };
  const says: [string, string][] = [
    ['static-text', 'This is the content of the static text resource.'],
    ['watched-resource', 'This is the watched resource.'],
  ];
  for (const [name, content] of says) {
    server.registerResource(name, `test://${name}`, plain, ({ href: uri }) => ({
      contents: [{ uri, mimeType: 'text/plain', text: content }],
    }));
  }
  const { data: blob, mimeType } = PIXEL;
  server.registerResource('static-binary', 'test://static-binary', { mimeType }, ({ href }) => ({
    contents: [{ uri: href, mimeType, blob }],
  }));
  const template = new ResourceTemplate('test://template/{id}/data', { list: undefined });
  const json = 'application/json';
  server.registerResource('template', template, { mimeType: json }, ({ href: uri }, { id }) => ({
    contents: [
      {
        uri,
        mimeType: json,
        text: JSON.stringify({ id, templateTest: true, data: `Data for ID: ${String(id)}` }),
      },
    ],
  }));
}

const SUGGESTIONS = ['paris', 'park', 'party', 'testValue1'];

function addPrompts(server: McpServer): void {
  const says = (...contents: Content[]): GetPromptResult => ({
    messages: contents.map((content) => ({ role: 'user', content })),
  });
  server.registerPrompt('test_simple_prompt', { description: 'Says something' }, () =>
    says(text('This is a simple prompt for testing.')),
  );
  const arg1 = completable(z.string(), (start) => SUGGESTIONS.filter((s) => s.startsWith(start)));
  server.registerPrompt(
    'test_prompt_with_arguments',
    { description: 'Takes two', argsSchema: z.object({ arg1, arg2: z.string() }) },
    (args) => says(text(`Prompt with arguments: arg1='${args.arg1}', arg2='${args.arg2}'`)),
  );
  server.registerPrompt(
    'test_prompt_with_embedded_resource',
    { description: 'Has a resource', argsSchema: z.object({ resourceUri: z.string() }) },
    ({ resourceUri: uri }) =>
      says(
        resource(uri, 'text/plain', 'Embedded resource content for testing.'),
        text('Please process the embedded resource above.'),
      ),
  );
  server.registerPrompt('test_prompt_with_image', { description: 'Shows a picture' }, () =>
    says({ type: 'image', ...PIXEL }, text('Please analyze the image above.')),
  );
}
