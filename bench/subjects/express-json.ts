import { createServer } from 'node:http';
import express from 'express';
import type { ClientMessage } from './echo.js';
import { PlainStream, plainFrame } from './plain-stream.js';
import type { Subject } from './subject.js';

/** What one writes on Express without a package. */
export function expressJson(): Subject {
  const streams = new Map<string, PlainStream>();
  const app = express();
  app.use(express.json());
  app.get('/sse', (_req, res) => {
    const stream = new PlainStream(res);
    streams.set(stream.id, stream);
    res.on('close', () => streams.delete(stream.id));
  });
  app.post('/message', (req, res) => {
    res.status(202).end();
    streams.get(req.query.sessionId as string)?.take(req.body as ClientMessage);
  });
  return {
    server: createServer(app),
    sessions: () => [...streams.values()],
    broadcast: (message) => {
      const frame = plainFrame(message);
      for (const { res } of streams.values()) res.write(frame);
    },
  };
}
