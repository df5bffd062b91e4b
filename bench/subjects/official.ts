/** The official transports, set up as the SDKs' own documentation shows it. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import express from 'express';
import type { Notification } from '../messages.js';
import type { Subject } from './index.js';
import { serversV1, serversV2 } from './tools.js';

export async function sdkV1(): Promise<Subject> {
  const { SSEServerTransport } = await import('@modelcontextprotocol/sdk/server/sse.js');
  return official(SSEServerTransport, await serversV1());
}

export async function sdkV2Legacy(): Promise<Subject> {
  const { SSEServerTransport } = await import('@modelcontextprotocol/server-legacy/sse');
  return official(SSEServerTransport, await serversV2());
}

interface OfficialTransport {
  readonly sessionId: string;
  send(message: Notification): Promise<void>;
  handlePostMessage(req: IncomingMessage, res: ServerResponse, parsedBody?: unknown): Promise<void>;
}

/** A transport per GET, found again by the id in the query, and `express.json()` in front. */
function official<T extends OfficialTransport>(
  Transport: new (endpoint: string, res: ServerResponse) => T,
  createMcpServer: () => { connect(transport: T): Promise<void> },
): Subject {
  const transports = new Map<unknown, T>();
  const app = express();
  app.use(express.json());
  app.get('/sse', async (_req, res) => {
    const transport = new Transport('/message', res);
    transports.set(transport.sessionId, transport);
    res.on('close', () => transports.delete(transport.sessionId));
    await createMcpServer().connect(transport);
  });
  app.post('/message', async (req, res) => {
    const transport = transports.get(req.query.sessionId);
    if (transport === undefined) res.status(404).end();
    else await transport.handlePostMessage(req, res, req.body);
  });
  return {
    server: createServer(app),
    sessions: () =>
      [...transports.values()].map((it) => ({ id: it.sessionId, send: (one) => it.send(one) })),
    broadcast: (message) => {
      for (const transport of transports.values()) void transport.send(message);
    },
  };
}
