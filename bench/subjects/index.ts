import type { Subject } from './subject.js';

interface Entry {
  /** What its figures are about, in a few words. */
  readonly is: string;
  /** What must be there before it can be loaded. */
  readonly needs?: 'peers' | 'build';
  /** Imports only what this subject needs, so that its process holds nothing else. */
  load(): Promise<Subject>;
}

export const subjectNames = [
  'raw-http',
  'express-json',
  'sdk-v1',
  'sdk-v2-legacy',
  'express-mcp-handler',
  'better-sse',
  'ours-handler',
  'ours-before',
  'ours-v1',
  'ours-v2',
] as const;

export type SubjectName = (typeof subjectNames)[number];

export function isSubjectName(name: string): name is SubjectName {
  return subjectNames.some((known) => known === name);
}

export const subjects: Readonly<Record<SubjectName, Entry>> = {
  'raw-http': {
    is: 'bare node:http, by hand, no checks at all',
    load: async () => (await import('./raw-http.js')).rawHttp(),
  },
  'express-json': {
    is: 'bare Express with express.json(), no checks at all',
    load: async () => (await import('./express-json.js')).expressJson(),
  },
  'sdk-v1': {
    is: "the official v1 transport on Express, the SDK's McpServer",
    load: async () => (await import('./sdk-v1.js')).sdkV1(),
  },
  'sdk-v2-legacy': {
    is: "the official v2 legacy transport on Express, the SDK's McpServer",
    needs: 'peers',
    load: async () => (await import('./sdk-v2-legacy.js')).sdkV2Legacy(),
  },
  'express-mcp-handler': {
    is: "express-mcp-handler, the v1 SDK's McpServer",
    needs: 'peers',
    load: async () => (await import('./express-mcp-handler.js')).expressMcpHandler(),
  },
  'better-sse': {
    is: 'better-sse on bare node:http, pushing only',
    needs: 'peers',
    load: async () => (await import('./better-sse.js')).betterSse(),
  },
  'ours-handler': {
    is: 'mcpSse({ handler }) in an Express app',
    needs: 'build',
    load: async () => (await import('./ours.js')).oursHandler(),
  },
  'ours-before': {
    is: 'the same in front of the Express app: mcp.requestListener(app)',
    needs: 'build',
    load: async () => (await import('./ours.js')).oursBefore(),
  },
  'ours-v1': {
    is: "mcpSse({ server }) in an Express app, the v1 SDK's McpServer",
    needs: 'build',
    load: async () => (await import('./ours.js')).oursV1(),
  },
  'ours-v2': {
    is: "mcpSse({ server }) in an Express app, the v2 SDK's McpServer",
    needs: 'build',
    load: async () => (await import('./ours.js')).oursV2(),
  },
};
