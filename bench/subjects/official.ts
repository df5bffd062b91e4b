import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import express from 'express';
import type { Notification } from '../messages.js';
import type { Subject, SubjectSession } from './subject.js';

/** The official transports, v1's and v2's, as far as they are used here. */
export interface OfficialTransport {
  readonly sessionId: string;
  send(message: Notification): Promise<void>;
  handlePostMessage(req: IncomingMessage, res: ServerResponse, parsedBody?: unknown): Promise<void>;
}

/** An official transport's session. */
export class OfficialSession implements SubjectSession {
  constructor(private readonly transport: OfficialTransport) {}

  get id(): string {
    return this.transport.sessionId;
  }

  push(message: Notification): void {
    void this.transport.send(message);
  }

  send(message: Notification): Promise<void> {
    return this.transport.send(message);
  }
}

/**
 * The set-up that the SDK's own documentation shows: a transport per GET, found again by the id
 * in the query, and express.json() in front.
 */
export function official<T extends OfficialTransport>(
  open: (res: ServerResponse) => T,
  serve: (transport: T) => Promise<void>,
): Subject {
  const transports = new Map<string, T>();
  const app = express();
  app.use(express.json());
  app.get('/sse', async (_req, res) => {
    const transport = open(res);
    transports.set(transport.sessionId, transport);
    res.on('close', () => transports.delete(transport.sessionId));
    await serve(transport);
  });
  app.post('/message', async (req, res) => {
    const transport = transports.get(req.query.sessionId as string);
    if (transport === undefined) res.status(404).end();
    else await transport.handlePostMessage(req, res, req.body);
  });
  return {
    server: createServer(app),
    sessions: () => [...transports.values()].map((transport) => new OfficialSession(transport)),
    broadcast: (message) => {
      for (const transport of transports.values()) void transport.send(message);
    },
  };
}
