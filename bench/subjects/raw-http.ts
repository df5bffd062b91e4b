import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { ClientMessage } from './echo.js';
import { PlainStream, plainFrame } from './plain-stream.js';
import type { Subject } from './subject.js';

const messagePath = '/message?sessionId=';

/** The baseline: as little as a server can do. */
export function rawHttp(): Subject {
  const streams = new Map<string, PlainStream>();
  return {
    server: createServer((req, res) => {
      if (req.method === 'GET') open(streams, res);
      else take(streams, req, res);
    }),
    sessions: () => [...streams.values()],
    broadcast: (message) => {
      const frame = plainFrame(message);
      for (const { res } of streams.values()) res.write(frame);
    },
  };
}

function open(streams: Map<string, PlainStream>, res: ServerResponse): void {
  const stream = new PlainStream(res);
  streams.set(stream.id, stream);
  res.on('close', () => streams.delete(stream.id));
}

function take(streams: Map<string, PlainStream>, req: IncomingMessage, res: ServerResponse): void {
  const chunks: Buffer[] = [];
  req.on('data', (chunk: Buffer) => chunks.push(chunk));
  req.on('end', () => {
    const message = JSON.parse(Buffer.concat(chunks).toString()) as ClientMessage;
    res.writeHead(202).end();
    streams.get(req.url?.slice(messagePath.length) ?? '')?.take(message);
  });
}
