import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { Notification } from '../messages.js';
import { type ClientMessage, echoResult } from './echo.js';
import type { SubjectSession } from './subject.js';

/** A hand-written session: one `res.write` per message, no checks at all. */
export class PlainStream implements SubjectSession {
  readonly id = randomUUID();

  constructor(readonly res: ServerResponse) {
    res.writeHead(200, {
      'Content-Type': 'text/event-stream',
      'Cache-Control': 'no-cache, no-transform',
      Connection: 'keep-alive',
    });
    res.write(`event: endpoint\ndata: /message?sessionId=${this.id}\n\n`);
  }

  push(message: Notification): void {
    this.res.write(plainFrame(message));
  }

  async send(message: Notification): Promise<void> {
    if (this.res.destroyed) throw new Error('closed');
    this.res.write(plainFrame(message));
  }

  /** Answers a request, ignores the rest. */
  take(message: ClientMessage): void {
    if (message.id === undefined) return;
    this.res.write(plainFrame({ result: echoResult(message), jsonrpc: '2.0', id: message.id }));
  }
}

export function plainFrame(message: object): string {
  return `event: message\ndata: ${JSON.stringify(message)}\n\n`;
}
