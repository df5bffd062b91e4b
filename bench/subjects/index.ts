/** What is measured, by name. Each is imported in its own process, which then holds nothing else. */
import type { Server } from 'node:http';
import type { Notification } from '../messages.js';

export const loaders = {
  'raw-http': async () => (await import('./plain.js')).rawHttp(),
  'express-json': async () => (await import('./plain.js')).expressJson(),
  'sdk-v1': async () => (await import('./official.js')).sdkV1(),
  'sdk-v2-legacy': async () => (await import('./official.js')).sdkV2Legacy(),
  'ours-handler': async () => (await import('./ours.js')).oursHandler(),
  'ours-in-front': async () => (await import('./ours.js')).oursInFront(),
  'ours-v1': async () => (await import('./ours.js')).oursV1(),
  'ours-v2': async () => (await import('./ours.js')).oursV2(),
  'ours-at-home': async () => (await import('./nodes.js')).movable(),
  'ours-relayed': async () => (await import('./nodes.js')).movable(),
  'ours-untracked': async () => (await import('./nodes.js')).untracked(),
  'ours-tracked': async () => (await import('./nodes.js')).tracked(),
  'ours-ids-in-redis': async () => (await import('./nodes.js')).idsInRedis(),
  'ours-three-ways': async () => (await import('./nodes.js')).threeWays(),
  'ours-bridge': async () => (await import('./bridges.js')).bridge('ours-bridge'),
  'mcp-proxy': async () => (await import('./bridges.js')).bridge('mcp-proxy'),
  supergateway: async () => (await import('./bridges.js')).bridge('supergateway'),
} satisfies Record<string, () => Promise<Subject>>;

export type SubjectName = keyof typeof loaders | 'mcp-go';

export const subjectNames = [...Object.keys(loaders), 'mcp-go'] as SubjectName[];

/** The program that a subject needs besides Node. */
export function neededProgram(name: SubjectName): string | undefined {
  if (name === 'mcp-go') return 'go';
  return /home|relayed|tracked|redis|ways/.test(name) ? 'redis-server' : undefined;
}

/** A server of MCP over HTTP+SSE: `GET /sse` and the POST URL that it announces there. */
export interface Subject {
  /** It is not listening yet; or the port of a process that is. */
  readonly server: Server | number;
  /** Those that are open. */
  readonly sessions: () => SubjectSession[];
  /** One message to all, by the best way that the subject has. */
  readonly broadcast: (message: Notification) => void;
  /** The µs that were used, if not by this process. */
  readonly cpu?: () => number;
  /** Of a node: those that it is in touch with, and its streams to clients of others. */
  readonly cluster?: () => { nodes: number; exported: number };
}

/** A session as the server sees it. */
export interface SubjectSession {
  readonly id: string;
  /** As the subject's own send does: if it returns a promise, that rejects on a closed session. */
  send(message: Notification): unknown;
}
