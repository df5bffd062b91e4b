import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  ListRootsRequestSchema,
  LoggingMessageNotificationSchema,
  ToolListChangedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { onTestFinished } from 'vitest';

import { ANSWERS, CAPABILITIES, IDENTITY, textOf, type ConnectClient } from './clients.js';

/** The client of SDK v1 over its `SSEClientTransport`. */
export const connectV1: ConnectClient = async (url, headers = {}) => {
  const client = new Client(IDENTITY, { capabilities: CAPABILITIES });
  const logs: unknown[] = [];
  let listChanges = 0;
  client.setRequestHandler(CreateMessageRequestSchema, () => ANSWERS.sampling);
  client.setRequestHandler(ElicitRequestSchema, () => ANSWERS.elicitation);
  client.setRequestHandler(ListRootsRequestSchema, () => ANSWERS.roots);
  client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => {
    logs.push(params.data);
  });
  client.setNotificationHandler(ToolListChangedNotificationSchema, () => {
    listChanges += 1;
  });
  onTestFinished(() => client.close());
  await client.connect(new SSEClientTransport(new URL(url), { requestInit: { headers } }));
  return {
    logs,
    get listChanges() {
      return listChanges;
    },
    serverName: client.getServerVersion()?.name,
    listTools: async () => (await client.listTools()).tools.map(({ name }) => name),
    call: async (name, args = {}, options = {}) =>
      textOf(await client.callTool({ name, arguments: args }, undefined, options)),
    close: () => client.close(),
  };
};
