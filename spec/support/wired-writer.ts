import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http';
import { createGunzip } from 'node:zlib';

import { onTestFinished } from 'vitest';

import { ConnectionWriter, type WriterOptions } from '../../lib/index.js';
import { eventually } from './eventually.js';
import { closed, listen } from './serve.js';

/** Takes a response from Node as Express would hand it on. */
type Middleware = (req: IncomingMessage, res: ServerResponse, next: () => void) => void;

/** A writer on a real connection, and what arrives at the other end. */
export interface WiredWriter {
  readonly writer: ConnectionWriter;
  readonly response: ServerResponse;
  /** The client's end. */
  readonly reader: IncomingMessage;
  /** All that has arrived by now, decompressed. */
  readonly received: () => string;
  /** Resolves once so many characters have arrived. */
  readonly receives: (length: number) => Promise<void>;
}

/** A stream from a real server to a client that reads it, until the test is finished. */
export async function wiredWriter(
  options: WriterOptions = {},
  middleware: Middleware = (_req, _res, next) => next(),
): Promise<WiredWriter> {
  let response: ServerResponse | undefined;
  let writer: ConnectionWriter | undefined;
  const server = createServer((req, res) => {
    middleware(req, res, () => {
      res.writeHead(200, { 'Content-Type': 'text/event-stream' });
      res.flushHeaders();
      response = res;
      writer = new ConnectionWriter(res, options);
    });
  });
  const port = await listen(server);
  onTestFinished(() => closed(server));
  const reader = await new Promise<IncomingMessage>((resolve, reject) => {
    get({ host: '127.0.0.1', port, headers: { 'Accept-Encoding': 'gzip' } }, resolve).on(
      'error',
      reject,
    );
  });
  onTestFinished(() => void reader.destroy());
  let text = '';
  reader.on('error', () => {});
  const zipped = reader.headers['content-encoding'] === 'gzip';
  const plain = zipped ? reader.pipe(createGunzip()).on('error', () => {}) : reader;
  plain.setEncoding('utf8');
  plain.on('data', (chunk: string) => (text += chunk));
  return {
    writer: writer!,
    response: response!,
    reader,
    received: () => text,
    receives: (length) => eventually(() => text.length >= length, 'all that was written'),
  };
}
