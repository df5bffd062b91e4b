// The server of SDK v1 that all flows are tried with, over stdio. Whenever its journal changes, it
// writes it to stderr.
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';

import { newJournal } from '../../support/sdk/tools.js';
import { v1McpServer } from '../../support/sdk/v1-servers.js';

const journal = new Proxy(newJournal(), {
  set(target, name, value) {
    const isSet = Reflect.set(target, name, value);
    console.error(JSON.stringify(target));
    return isSet;
  },
});
await v1McpServer(journal).connect(new StdioServerTransport());
