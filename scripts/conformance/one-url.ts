// The server of examples/everything over Streamable HTTP: at /alone as the SDK's transport serves it,
// and at /sse as `streamableHttp`, beside HTTP+SSE.
import { randomUUID } from 'node:crypto';

import { localhostHostValidation } from '@modelcontextprotocol/sdk/server/middleware/hostHeaderValidation.js';
import {
  StreamableHTTPServerTransport,
  type EventStore,
} from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import express, { type RequestHandler } from 'express';
import { mcpSse } from 'express-mcp-sse';

import { createServer } from '../../examples/everything/mcp-server.js';

/** Keeps all events, for streams that are resumed. */
class Events implements EventStore {
  readonly #events: { streamId: string; message: JSONRPCMessage }[] = [];

  storeEvent(streamId: string, message: JSONRPCMessage): Promise<string> {
    return Promise.resolve(String(this.#events.push({ streamId, message }) - 1));
  }

  async replayEventsAfter(
    lastEventId: string,
    { send }: { send: (eventId: string, message: JSONRPCMessage) => Promise<void> },
  ): Promise<string> {
    const { streamId = '' } = this.#events[Number(lastEventId)] ?? {};
    for (const [id, event] of this.#events.entries())
      if (id > Number(lastEventId) && event.streamId === streamId)
        await send(String(id), event.message);
    return streamId;
  }
}

/** Sessions of Streamable HTTP, as the SDK's own examples keep them. */
function streamable(): RequestHandler {
  const transports = new Map<string, StreamableHTTPServerTransport>();
  return async (req, res) => {
    const id = req.get('mcp-session-id');
    const known = id === undefined ? undefined : transports.get(id);
    if (id !== undefined && !known) {
      res.status(404).end();
      return;
    }
    const transport = known ?? (await newTransport(transports));
    await transport.handleRequest(req, res, req.body);
  };
}

async function newTransport(
  transports: Map<string, StreamableHTTPServerTransport>,
): Promise<StreamableHTTPServerTransport> {
  const transport = new StreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    eventStore: new Events(),
    retryInterval: 500,
    onsessioninitialized: (id) => {
      transports.set(id, transport);
    },
  });
  await createServer().connect(transport);
  return transport;
}

const app = express();
app.all('/alone', localhostHostValidation(), express.json(), streamable());
app.use(mcpSse({ server: createServer, streamableHttp: streamable() }));

const port = Number(process.env.PORT ?? 3000);
app.listen(port, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${port}`);
});
