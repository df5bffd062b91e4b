import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';

import { addContentTools } from './content-tools.js';
import { addElicitationTools } from './elicitation-tools.js';
import { addLiveTools } from './live-tools.js';
import { addPrompts } from './prompts.js';
import { addResources } from './resources.js';

/** The MCP server of one session. */
export function createServer(): McpServer {
  const server = new McpServer(
    { name: 'everything', version: '1.0.0' },
    // Tools, prompts and completion are declared by registering them; these two are not.
    { capabilities: { logging: {}, resources: { subscribe: true, listChanged: true } } },
  );
  const watched = addResources(server);
  addContentTools(server);
  addLiveTools(server, watched);
  addElicitationTools(server);
  addPrompts(server);
  return server;
}
