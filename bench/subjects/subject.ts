import type { Server } from 'node:http';
import type { Notification } from '../messages.js';

/** A session as the server sees it. */
export interface SubjectSession {
  readonly id: string;
  /** Sends, and awaits nothing. */
  push(message: Notification): void;
  /** Sends, and resolves as the subject's own send does. Rejects once the session is closed. */
  send(message: Notification): Promise<void>;
}

/** A server of MCP over HTTP+SSE: `GET /sse` and the POST URL that it announces there. */
export interface Subject {
  /** Not listening yet. */
  readonly server: Server;
  /** Those that are open. */
  sessions(): SubjectSession[];
  /** One message to all, by the best way that the subject has. */
  broadcast(message: Notification): void;
}
