import { completable } from '@modelcontextprotocol/sdk/server/completable.js';
import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { GetPromptResult } from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';

import { PIXEL } from './media.js';

type Content = GetPromptResult['messages'][number]['content'];

const SUGGESTIONS = ['paris', 'park', 'party', 'testValue1'];

/** Prompts with and without arguments, and with all that a message may hold. */
export function addPrompts(server: McpServer): void {
  server.registerPrompt('test_simple_prompt', { description: 'A simple prompt' }, () =>
    says(text('This is a simple prompt for testing.')),
  );
  server.registerPrompt(
    'test_prompt_with_arguments',
    {
      description: 'A prompt with two arguments, the first of which is completed',
      argsSchema: {
        arg1: completable(z.string(), (start) => SUGGESTIONS.filter((s) => s.startsWith(start))),
        arg2: z.string(),
      },
    },
    ({ arg1, arg2 }) => says(text(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`)),
  );
  server.registerPrompt(
    'test_prompt_with_embedded_resource',
    { description: 'A prompt about a resource', argsSchema: { resourceUri: z.string() } },
    ({ resourceUri: uri }) => {
      const embedded = 'Embedded resource content for testing.';
      return says(
        { type: 'resource', resource: { uri, mimeType: 'text/plain', text: embedded } },
        text('Please process the embedded resource above.'),
      );
    },
  );
  server.registerPrompt('test_prompt_with_image', { description: 'A prompt about a picture' }, () =>
    says({ type: 'image', ...PIXEL }, text('Please analyze the image above.')),
  );
}

function says(...contents: Content[]): GetPromptResult {
  return { messages: contents.map((content) => ({ role: 'user', content })) };
}

function text(text: string): Content {
  return { type: 'text', text };
}
