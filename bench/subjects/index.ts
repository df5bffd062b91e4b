/** What is measured, by name. Each is imported in its own process, which then holds nothing else. */
import type { Server } from 'node:http';
import type { Notification } from '../messages.js';

export const nodeSubjects = {
  'raw-http': async (): Promise<Subject> => (await import('./plain.js')).rawHttp(),
  'express-json': async (): Promise<Subject> => (await import('./plain.js')).expressJson(),
  'sdk-v1': async (): Promise<Subject> => (await import('./official.js')).sdkV1(),
  'sdk-v2-legacy': async (): Promise<Subject> => (await import('./official.js')).sdkV2Legacy(),
  'ours-handler': async (): Promise<Subject> => (await import('./ours.js')).oursHandler(),
  'ours-in-front': async (): Promise<Subject> => (await import('./ours.js')).oursInFront(),
  'ours-v1': async (): Promise<Subject> => (await import('./ours.js')).oursV1(),
  'ours-v2': async (): Promise<Subject> => (await import('./ours.js')).oursV2(),
  'ours-at-home': async (): Promise<Subject> => (await import('./ours.js')).oursNode(),
  'ours-relayed': async (): Promise<Subject> => (await import('./ours.js')).oursNode(),
};

export type SubjectName = keyof typeof nodeSubjects | 'mcp-go';

export const subjectNames = [...Object.keys(nodeSubjects), 'mcp-go'] as SubjectName[];

/** Programs that subjects need besides Node. */
export const neededPrograms: Readonly<Partial<Record<SubjectName, string>>> = {
  'mcp-go': 'go',
  'ours-at-home': 'redis-server',
  'ours-relayed': 'redis-server',
};

/** A server of MCP over HTTP+SSE: `GET /sse` and the POST URL that it announces there. */
export interface Subject {
  /** Not listening yet. */
  readonly server: Server;
  /** Those that are open. */
  readonly sessions: () => SubjectSession[];
  /** One message to all, by the best way that the subject has. */
  readonly broadcast: (message: Notification) => void;
  /** Of a node: those that it is in touch with, and its streams to clients of others. */
  readonly cluster?: () => { nodes: number; exported: number };
}

/** A session as the server sees it. */
export interface SubjectSession {
  readonly id: string;
  /** As the subject's own send does: if it returns a promise, that rejects on a closed session. */
  send(message: Notification): unknown;
}
