import { createServer } from 'node:http';
import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import express, { type RequestHandler } from 'express';
import { loadPeer } from '../peers/load.js';
import { echoV1 } from './echo-v1.js';
import { OfficialSession, type OfficialTransport } from './official.js';
import type { Subject } from './subject.js';

interface HandlerModule {
  sseHandlers: (
    serverFactory: () => McpServer,
    options: { onClose?(sessionId: string): void },
  ) => { getHandler: RequestHandler; postHandler: RequestHandler };
}

export async function expressMcpHandler(): Promise<Subject> {
  const { sseHandlers } = (await loadPeer('express-mcp-handler')) as HandlerModule;
  // It keeps its transports to itself; the server is where one can be seen.
  const transports = new Map<string, OfficialTransport>();
  const { getHandler, postHandler } = sseHandlers(() => watched(echoV1(), transports), {
    onClose: (sessionId) => transports.delete(sessionId),
  });
  const app = express();
  app.use(express.json());
  app.get('/sse', getHandler);
  // The path that it announces cannot be chosen.
  app.post('/messages', postHandler);
  return {
    server: createServer(app),
    sessions: () => [...transports.values()].map((transport) => new OfficialSession(transport)),
    broadcast: (message) => {
      for (const transport of transports.values()) void transport.send(message);
    },
  };
}

function watched(server: McpServer, transports: Map<string, OfficialTransport>): McpServer {
  const connect = server.connect.bind(server);
  server.connect = (transport: Transport) => {
    if (transport.sessionId !== undefined) {
      transports.set(transport.sessionId, transport as Transport & OfficialTransport);
    }
    return connect(transport);
  };
  return server;
}
