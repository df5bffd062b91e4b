// A long task, as agents give to tools: it reports progress, stops when it is cancelled, and goes on
// while the client's stream is down.
//
//   npx tsx examples/long-task/server.ts     the server alone
//   npx tsx examples/long-task/client.ts     the server, and a client that tries all of it
import { setTimeout as sleep } from 'node:timers/promises';

import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import express from 'express';
import { mcpSse } from 'express-mcp-sse';
import { z } from 'zod';

const tasks = { running: 0, finished: 0, cancelled: 0 };

function createServer(): McpServer {
  const server = new McpServer({ name: 'long-task', version: '1.0.0' });

  server.registerTool(
    'research',
    { description: 'Reads many sources', inputSchema: { sources: z.number().int().positive() } },
    async ({ sources }, { signal, sendNotification, _meta }) => {
      tasks.running += 1;
      try {
        for (let source = 1; source <= sources; source += 1) {
          if (_meta?.progressToken !== undefined) {
            // Awaited, so that a slow reader slows the task down. While the stream is down it is
            // kept, and told when the client is back.
            await sendNotification({
              method: 'notifications/progress',
              params: {
                progressToken: _meta.progressToken,
                progress: source,
                total: sources,
                message: `reading source ${source}`,
              },
            });
          }
          // The work. The signal is aborted when the client cancels the call, and when its session
          // ends for good: pass it on to whatever takes time.
          await sleep(250, undefined, { signal });
        }
        tasks.finished += 1;
        return { content: [{ type: 'text', text: `Read ${sources} sources` }] };
      } catch (error) {
        if (signal.aborted) tasks.cancelled += 1;
        throw error;
      } finally {
        tasks.running -= 1;
      }
    },
  );

  server.registerTool('tasks', { description: 'Counts the tasks' }, () => ({
    content: [{ type: 'text', text: JSON.stringify(tasks) }],
  }));

  return server;
}

const app = express();
// Clients come back sooner than after the usual second, so that there is less to wait for.
const mcp = mcpSse({ server: createServer, resume: { retryMs: 200 } });
app.use(mcp);

const port = Number(process.env.PORT ?? 3000);
export const url = `http://127.0.0.1:${port}/sse`;
const server = app.listen(port, '127.0.0.1', (error) => {
  if (error) throw error;
  console.log(`MCP over HTTP+SSE: ${url}`);
});

// Lets running calls finish, then ends the streams and the process.
export function stop(): void {
  void mcp.close().then(() => server.close());
}
process.once('SIGINT', stop).once('SIGTERM', stop);
