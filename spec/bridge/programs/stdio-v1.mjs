// A stdio server of SDK v1. `stubborn` as its argument: it ends neither at the end of its input nor
// when it is asked to, and has started a process of its own that is like it.
import { spawn } from 'node:child_process';

import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { z } from 'zod';

let helper;
if (process.argv.includes('stubborn')) {
  process.on('SIGTERM', () => undefined);
  setInterval(() => undefined, 60_000);
  const code = "process.on('SIGTERM', () => 0); setInterval(() => 0, 60000)";
  helper = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'inherit', 'inherit'] });
}

const server = new McpServer(
  { name: 'stdio', version: '1.0.0' },
  { capabilities: { logging: {} } },
);
const text = (content) => ({ content: [{ type: 'text', text: content }] });
const inputSchema = { name: z.string() };
server.registerTool('greet', { inputSchema }, ({ name }) => text(`Hello, ${name}`));
server.registerTool('env', {}, () => text(JSON.stringify(process.env)));
server.registerTool('pids', {}, () => text(JSON.stringify([process.pid, helper?.pid ?? 0])));
server.registerTool('cwd', {}, () => text(process.cwd()));
server.registerTool('crash', {}, () => process.exit(3));
server.registerTool('roots', {}, async () =>
  text(JSON.stringify((await server.server.listRoots()).roots)),
);
server.registerTool('noise', {}, () => {
  console.error('first line\nsecond line');
  process.stdout.write('this is no message\n{"nor":"this"}\n');
  return text('made noise');
});
server.registerTool('huge', {}, () => text('x'.repeat(200_000)));
server.registerTool('hang', {}, () => {
  for (;;);
});
await server.connect(new StdioServerTransport());
