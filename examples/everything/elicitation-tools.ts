import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { CallToolResult, ElicitRequestFormParams } from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';

type Form = ElicitRequestFormParams['requestedSchema'];

/** Tools that ask the person in front of the client, with every kind of field a form may have. */
export function addElicitationTools(server: McpServer): void {
  server.registerTool(
    'test_elicitation',
    { description: 'Asks for a name and an address', inputSchema: { message: z.string() } },
    ({ message }, { signal }) => ask(server, 'User response', message, CONTACT, signal),
  );
  server.registerTool(
    'test_elicitation_sep1034_defaults',
    { description: 'Asks with a form that is filled in already' },
    ({ signal }) => ask(server, 'Elicitation completed', 'Is this right?', DEFAULTS, signal),
  );
  server.registerTool(
    'test_elicitation_sep1330_enums',
    { description: 'Asks for choices' },
    ({ signal }) => ask(server, 'Elicitation completed', 'Which of these?', CHOICES, signal),
  );
}

async function ask(
  server: McpServer,
  heading: string,
  message: string,
  requestedSchema: Form,
  signal: AbortSignal,
): Promise<CallToolResult> {
  const params = { mode: 'form' as const, message, requestedSchema };
  const { action, content } = await server.server.elicitInput(params, { signal });
  const text = `${heading}: action=${action}, content=${JSON.stringify(content ?? {})}`;
  return { content: [{ type: 'text', text }] };
}

const CONTACT: Form = {
  type: 'object',
  properties: {
    username: { type: 'string', description: "User's response" },
    email: { type: 'string', description: "User's email address" },
  },
  required: ['username', 'email'],
};

const DEFAULTS: Form = {
  type: 'object',
  properties: {
    name: { type: 'string', default: 'John Doe' },
    age: { type: 'integer', default: 30 },
    score: { type: 'number', default: 95.5 },
    status: { type: 'string', enum: ['active', 'inactive', 'pending'], default: 'active' },
    verified: { type: 'boolean', default: true },
  },
};

const OPTIONS = ['option1', 'option2', 'option3'];
const titled = (noun: string): { const: string; title: string }[] =>
  ['First', 'Second', 'Third'].map((word, n) => ({
    const: `value${n + 1}`,
    title: `${word} ${noun}`,
  }));

const CHOICES: Form = {
  type: 'object',
  properties: {
    untitledSingle: { type: 'string', enum: OPTIONS },
    titledSingle: { type: 'string', oneOf: titled('Option') },
    legacyEnum: {
      type: 'string',
      enum: ['opt1', 'opt2', 'opt3'],
      enumNames: ['Option One', 'Option Two', 'Option Three'],
    },
    untitledMulti: { type: 'array', items: { type: 'string', enum: OPTIONS } },
    titledMulti: { type: 'array', items: { anyOf: titled('Choice') } },
  },
};
