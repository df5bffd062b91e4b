import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';

import { McpSseError, type McpSseOptions } from '../../lib/index.js';
import type { Candidate, Step, Visitor } from './journey.js';

/** One thing that is wrong, and the step that must notice it. */
export interface Fault {
  readonly name: string;
  readonly noticedBy: Step | 'connect';
  /** The name of the client that tries it, if not SDK v2. */
  readonly client?: string;
  readonly options?: McpSseOptions;
  readonly spoil?: (visitor: Visitor) => Visitor;
}

const toolless = (): McpServer => {
  const server = new McpServer({ name: 'other', version: '1' });
  server.registerTool('other', {}, () => ({ content: [] }));
  return server;
};

/** That the steps can fail: each of these must be noticed by a client that passes otherwise. */
export const FAULTS: readonly Fault[] = [
  { name: 'a server without the tools', noticedBy: 'tools', options: { server: toolless } },
  { name: 'a server without the tools', noticedBy: 'call', options: { server: toolless } },
  {
    name: 'progress that is not passed on',
    noticedBy: 'progress',
    spoil: (visitor) => changed(visitor, { call: (name) => visitor.call(name) }),
  },
  {
    name: 'notifications that are not passed on',
    noticedBy: 'notification',
    spoil: (visitor) => changed(visitor, { heard: [] }),
  },
  { name: 'a server that does not resume', noticedBy: 'drop', options: { resume: false } },
  {
    name: 'a client that only says that it has left',
    noticedBy: 'leave',
    spoil: (visitor) => changed(visitor, { close: () => undefined }),
  },
  {
    name: 'a server that refuses everybody',
    noticedBy: 'connect',
    options: {
      hooks: {
        onConnect: () => {
          throw new McpSseError('unauthorized', 'Who are you?');
        },
      },
    },
  },
  {
    name: 'a server that allows no other origin',
    client: 'a page in Chromium, cross origin',
    noticedBy: 'connect',
    options: {},
  },
];

function changed(visitor: Visitor, changes: Partial<Visitor>): Visitor {
  return {
    heard: changes.heard ?? visitor.heard,
    tools: () => visitor.tools(),
    call: changes.call ?? ((name, onProgress) => visitor.call(name, onProgress)),
    close: changes.close ?? (() => visitor.close()),
  };
}

/** The client that tries a fault. */
export function spoilt(
  candidate: Candidate,
  { spoil = (same) => same, options }: Fault,
): Candidate {
  return {
    ...candidate,
    ...(options && { options }),
    connect: async (url) => spoil(await candidate.connect(url)),
  };
}
