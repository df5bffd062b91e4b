import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';

import { CHOICES, CONTACT, DEFAULTS, type Form } from './schemas.js';

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
