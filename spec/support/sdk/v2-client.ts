import { Client, SSEClientTransport } from '@modelcontextprotocol/client';
import { onTestFinished } from 'vitest';

import { ANSWERS, CAPABILITIES, IDENTITY, textOf, type ConnectClient } from './clients.js';

/** The client of SDK v2 over its `SSEClientTransport`. */
export const connectV2: ConnectClient = async (url, headers = {}) => {
  const client = new Client(IDENTITY, { capabilities: CAPABILITIES });
  const logs: unknown[] = [];
  let listChanges = 0;
  client.setRequestHandler('sampling/createMessage', () => ANSWERS.sampling);
  client.setRequestHandler('elicitation/create', () => ANSWERS.elicitation);
  client.setRequestHandler('roots/list', () => ANSWERS.roots);
  client.setNotificationHandler('notifications/message', ({ params }) => {
    logs.push(params.data);
  });
  client.setNotificationHandler('notifications/tools/list_changed', () => {
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
      textOf(await client.callTool({ name, arguments: args }, options)),
    close: () => client.close(),
  };
};
