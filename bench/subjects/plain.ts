/** What one writes without a package: no checks, no bounds, one `res.write` per message. */
import { randomUUID } from 'node:crypto';
import { createServer, type Server, type ServerResponse } from 'node:http';
import express from 'express';
import type { Notification } from '../messages.js';
import type { Subject, SubjectSession } from './index.js';
import { resultOf, type ClientMessage } from './tools.js';

/** On bare `node:http`: as little as a server can do. */
export function rawHttp(): Subject {
  const messagePath = '/message?sessionId=';
  const streams = new Map<unknown, PlainStream>();
  const server = createServer((req, res) => {
    if (req.method === 'GET') {
      new PlainStream(res, streams);
      return;
    }
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      const message = JSON.parse(Buffer.concat(chunks).toString()) as ClientMessage;
      res.writeHead(202).end();
      streams.get(req.url?.slice(messagePath.length))?.take(message);
    });
  });
  return subjectOf(server, streams);
}

/** On Express with `express.json()`. */
export function expressJson(): Subject {
  const streams = new Map<unknown, PlainStream>();
  const app = express();
  app.use(express.json());
  app.get('/sse', (_req, res) => new PlainStream(res, streams));
  app.post('/message', (req, res) => {
    res.status(202).end();
    streams.get(req.query.sessionId)?.take(req.body as ClientMessage);
  });
  return subjectOf(createServer(app), streams);
}

function subjectOf(server: Server, streams: ReadonlyMap<unknown, PlainStream>): Subject {
  return {
    server,
    sessions: () => [...streams.values()],
    broadcast: (message) => {
      const frame = frameOf(message);
      for (const { res } of streams.values()) res.write(frame);
    },
  };
}

class PlainStream implements SubjectSession {
  readonly id: string = randomUUID();

  constructor(
    readonly res: ServerResponse,
    streams: Map<unknown, PlainStream>,
  ) {
    streams.set(this.id, this);
    res.on('close', () => streams.delete(this.id));
    res.writeHead(200, {
      'Content-Type': 'text/event-stream',
      'Cache-Control': 'no-cache, no-transform',
      Connection: 'keep-alive',
    });
    res.write(`event: endpoint\ndata: /message?sessionId=${this.id}\n\n`);
  }

  send(message: Notification): void {
    this.res.write(frameOf(message));
  }

  /** Answers a request, ignores the rest. */
  take(message: ClientMessage): void {
    if (message.id === undefined) return;
    this.res.write(frameOf({ result: resultOf(message), jsonrpc: '2.0', id: message.id }));
  }
}

function frameOf(message: object): string {
  return `event: message\ndata: ${JSON.stringify(message)}\n\n`;
}
