import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { loadPeer } from '../peers/load.js';
import type { Notification } from '../messages.js';
import type { Subject, SubjectSession } from './subject.js';

interface BetterSession {
  state: { id: string };
  isConnected: boolean;
  push(data: unknown, eventName: string): unknown;
}

interface BetterModule {
  createSession: (
    req: IncomingMessage,
    res: ServerResponse,
    options: { serializer(data: unknown): string; state: { id: string }; keepAlive: number },
  ) => Promise<BetterSession>;
  createChannel: () => {
    readonly activeSessions: readonly BetterSession[];
    register(session: BetterSession): unknown;
    broadcast(data: unknown, eventName: string): unknown;
  };
}

/** It knows nothing of MCP, hence takes no messages: it only pushes. */
export async function betterSse(): Promise<Subject> {
  const { createSession, createChannel } = (await loadPeer('better-sse')) as BetterModule;
  const channel = createChannel();
  const open = async (req: IncomingMessage, res: ServerResponse) => {
    const id = randomUUID();
    const session = await createSession(req, res, { serializer, state: { id }, keepAlive: 15_000 });
    session.push(`/message?sessionId=${id}`, 'endpoint');
    channel.register(session);
  };
  return {
    server: createServer((req, res) => void open(req, res)),
    sessions: () => channel.activeSessions.map((session) => new PushSession(session)),
    broadcast: (message) => channel.broadcast(message, 'message'),
  };
}

function serializer(data: unknown): string {
  return typeof data === 'string' ? data : JSON.stringify(data);
}

class PushSession implements SubjectSession {
  constructor(private readonly session: BetterSession) {}

  get id(): string {
    return this.session.state.id;
  }

  push(message: Notification): void {
    this.session.push(message, 'message');
  }

  async send(message: Notification): Promise<void> {
    if (!this.session.isConnected) throw new Error('closed');
    this.session.push(message, 'message');
  }
}
