import { ResourceTemplate, type McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import {
  SubscribeRequestSchema,
  UnsubscribeRequestSchema,
} from '@modelcontextprotocol/sdk/types.js';

import { PIXEL } from './media.js';

export const WATCHED = 'test://watched-resource';
const IDS = ['123', '124', '200'];

export interface Subscriptions {
  /** Changes the watched resource, and tells the client if it has subscribed to it. */
  update(text: string): Promise<boolean>;
}

/** Text, bytes, a template, and a resource that changes. */
export function addResources(server: McpServer): Subscriptions {
  addStatic(server);
  addTemplate(server);
  return addWatched(server);
}

function addStatic(server: McpServer): void {
  const text = { description: 'A text that never changes', mimeType: 'text/plain' };
  server.registerResource('static-text', 'test://static-text', text, ({ href: uri }) => ({
    contents: [
      {
        uri,
        mimeType: 'text/plain',
        text: 'This is the content of the static text resource.',
      },
    ],
  }));
  const { data: blob, mimeType } = PIXEL;
  const binary = { description: 'A picture', mimeType };
  server.registerResource('static-binary', 'test://static-binary', binary, ({ href: uri }) => ({
    contents: [{ uri, mimeType, blob }],
  }));
}

/** Resources whose URIs have a variable: some of them are listed, and its values completed. */
function addTemplate(server: McpServer): void {
  const template = new ResourceTemplate('test://template/{id}/data', {
    list: () => ({
      resources: IDS.map((id) => ({ uri: `test://template/${id}/data`, name: `template ${id}` })),
    }),
    complete: { id: (start) => IDS.filter((id) => id.startsWith(start)) },
  });
  const about = { description: 'Data for any id', mimeType: 'application/json' };
  server.registerResource('template', template, about, ({ href: uri }, { id }) => ({
    contents: [
      {
        uri,
        mimeType: 'application/json',
        text: JSON.stringify({ id, templateTest: true, data: `Data for ID: ${String(id)}` }),
      },
    ],
  }));
}

/** The SDK declares subscriptions, and leaves it to us to keep them. */
function addWatched(server: McpServer): Subscriptions {
  const subscribed = new Set<string>();
  server.server.setRequestHandler(SubscribeRequestSchema, ({ params: { uri } }) => {
    subscribed.add(uri);
    return {};
  });
  server.server.setRequestHandler(UnsubscribeRequestSchema, ({ params: { uri } }) => {
    subscribed.delete(uri);
    return {};
  });
  let text = 'This is the watched resource.';
  const about = { description: 'A text that test_update_resource changes', mimeType: 'text/plain' };
  server.registerResource('watched-resource', WATCHED, about, ({ href: uri }) => ({
    contents: [{ uri, mimeType: 'text/plain', text }],
  }));
  return {
    async update(next) {
      text = next;
      const told = subscribed.has(WATCHED);
      if (told) await server.server.sendResourceUpdated({ uri: WATCHED });
      return told;
    },
  };
}
