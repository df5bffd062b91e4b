// No SDK at all: a function that gets JSON-RPC messages and returns results.
//
//   npx tsx examples/no-sdk/server.ts
import { setTimeout as sleep } from 'node:timers/promises';

import express from 'express';
import { JsonRpcError, mcpSse, type HandlerContext, type JsonRpcMessage } from 'express-mcp-sse';

const tools = [
  {
    name: 'count_down',
    description: 'Counts down and reports each step as progress',
    inputSchema: { type: 'object', properties: { from: { type: 'integer', minimum: 1 } } },
  },
];

// What is returned for a request becomes its result, a JsonRpcError that is thrown its error.
async function handle(message: JsonRpcMessage, context: HandlerContext): Promise<unknown> {
  // Notifications of the client, and its answers to `session.send` of a request, come here too.
  if (!('method' in message) || !('id' in message)) return undefined;
  const { method, params = {} } = message;

  if (method === 'initialize') {
    return {
      protocolVersion: '2024-11-05',
      capabilities: { tools: {} },
      serverInfo: { name: 'no-sdk', version: '1.0.0' },
    };
  }
  if (method === 'ping') return {};
  if (method === 'tools/list') return { tools };
  if (method === 'tools/call' && params.name === 'count_down') {
    return countDown(params.arguments, context);
  }
  throw new JsonRpcError(-32601, 'Method not found');
}

async function countDown(given: unknown, { signal, progress }: HandlerContext): Promise<object> {
  const from = startOf(given);
  for (let left = from; left > 0; left -= 1) {
    await progress(from - left + 1, from, `${left}`);
    // The signal is aborted when the client cancels the call, and when its session ends.
    await sleep(100, undefined, { signal });
  }
  return { content: [{ type: 'text', text: 'Lift-off' }] };
}

function startOf(given: unknown): number {
  const from = typeof given === 'object' && given !== null && 'from' in given ? given.from : 3;
  if (typeof from !== 'number' || from < 1) throw new JsonRpcError(-32602, 'from: 1 or more');
  return from;
}

const app = express();
const mcp = mcpSse({ handler: handle });
app.use(mcp); // GET /sse and POST /message

const port = Number(process.env.PORT ?? 3000);
const server = app.listen(port, '127.0.0.1', (error) => {
  if (error) throw error;
  console.log(`MCP over HTTP+SSE: http://127.0.0.1:${port}/sse`);
});

// Lets running calls finish, then ends the streams and the process.
function stop(): void {
  void mcp.close().then(() => server.close());
}
process.once('SIGINT', stop).once('SIGTERM', stop);
