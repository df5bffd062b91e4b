import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';

import { McpSseError, type McpSseOptions } from '../../lib/index.js';
import type { Candidate, Step, ConnectedClient } from './steps.js';

/** One thing that is broken on purpose, and the step that must notice it. */
export interface Fault {
  readonly name: string;
  readonly noticedBy: Step | 'connect';
  /** The name of the candidate that tries it, if not SDK v2. */
  readonly client?: string;
  readonly options?: McpSseOptions;
  /** Breaks the client. */
  readonly wrap?: (client: ConnectedClient) => ConnectedClient;
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
    wrap: (client) => changed(client, { call: (name) => client.call(name) }),
  },
  {
    name: 'notifications that are not passed on',
    noticedBy: 'notification',
    wrap: (client) => changed(client, { notifications: [] }),
  },
  { name: 'a server that does not resume', noticedBy: 'drop', options: { resume: false } },
  {
    name: 'a client that does not close its stream',
    noticedBy: 'leave',
    wrap: (client) => changed(client, { close: () => undefined }),
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

function changed(client: ConnectedClient, changes: Partial<ConnectedClient>): ConnectedClient {
  return {
    notifications: changes.notifications ?? client.notifications,
    tools: () => client.tools(),
    call: changes.call ?? ((name, onProgress) => client.call(name, onProgress)),
    close: changes.close ?? (() => client.close()),
  };
}

/** A candidate with a fault. */
export function withFault(
  candidate: Candidate,
  { wrap = (same) => same, options }: Fault,
): Candidate {
  return {
    ...candidate,
    ...(options && { options }),
    connect: async (url) => wrap(await candidate.connect(url)),
  };
}
