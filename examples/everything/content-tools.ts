import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';

import { PIXEL, SILENCE } from './media.js';
import { PERSON } from './schemas.js';

/** Tools that answer at once, one for each kind of content. */
export function addContentTools(server: McpServer): void {
  for (const [name, { description, content }] of Object.entries(FIXED)) {
    server.registerTool(name, { description }, () => ({ content }));
  }
  addStructured(server);
  addSchema(server);
  server.registerTool('test_error_handling', { description: 'Always fails' }, () => {
    throw new Error('This tool intentionally returns an error for testing');
  });
}

const FIXED: Record<string, { description: string; content: CallToolResult['content'] }> = {
  test_simple_text: {
    description: 'Returns text',
    content: [{ type: 'text', text: 'This is a simple text response for testing.' }],
  },
  test_image_content: { description: 'Returns a picture', content: [{ type: 'image', ...PIXEL }] },
  test_audio_content: { description: 'Returns sound', content: [{ type: 'audio', ...SILENCE }] },
  test_embedded_resource: {
    description: 'Returns a resource with its content',
    content: [
      {
        type: 'resource',
        resource: {
          uri: 'test://embedded-resource',
          mimeType: 'text/plain',
          text: 'This is an embedded resource content.',
        },
      },
    ],
  },
  test_resource_link: {
    description: 'Returns a link to a resource',
    content: [{ type: 'resource_link', uri: 'test://static-text', name: 'static-text' }],
  },
  test_multiple_content_types: {
    description: 'Returns text, a picture and a resource',
    content: [
      { type: 'text', text: 'Multiple content types test:' },
      { type: 'image', ...PIXEL },
      {
        type: 'resource',
        resource: {
          uri: 'test://mixed-content-resource',
          mimeType: 'application/json',
          text: JSON.stringify({ test: 'data', value: 123 }),
        },
      },
    ],
  },
};

/** What it returns is typed by a schema, beside the same as text. */
function addStructured(server: McpServer): void {
  const description = 'Adds two numbers';
  const inputSchema = { a: z.number(), b: z.number() };
  const outputSchema = { sum: z.number() };
  server.registerTool(
    'test_structured_content',
    { description, inputSchema, outputSchema },
    ({ a, b }) => {
      const structuredContent = { sum: a + b };
      const text = JSON.stringify(structuredContent);
      return { content: [{ type: 'text', text }], structuredContent };
    },
  );
}

function addSchema(server: McpServer): void {
  const description = 'Tool with JSON Schema 2020-12 features';
  server.registerTool(
    'json_schema_2020_12_tool',
    { description, inputSchema: PERSON },
    (input) => ({
      content: [{ type: 'text', text: JSON.stringify(input) }],
    }),
  );
}
