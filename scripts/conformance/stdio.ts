// The server of examples/everything over stdio.
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';

import { createServer } from '../../examples/everything/mcp-server.js';

await createServer().connect(new StdioServerTransport());
