import { setTimeout as pause } from 'node:timers/promises';

import * as v2 from '@modelcontextprotocol/client';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';

import { resumableFetch } from '../../../lib/client/index.js';
import { connectSdkClient, type SdkClient } from '../../support/program/sdk-client.js';
import { CLIENT_NAME } from '../balancer.js';
import type { Connection, ConnectionListener } from './connection.js';

const CONNECT_MS = 20_000;

/** What a client answers when it is asked. */
export const ANSWER = 'yes';

interface SettingClient extends SdkClient {
  setLoggingLevel(level: 'warning'): Promise<unknown>;
  subscribeResource(params: { uri: string }): Promise<unknown>;
}

export interface SdkOptions {
  readonly name: string;
  readonly url: string;
  /** With `resumableFetch`. */
  readonly resumes: boolean;
}

/** A client of SDK v1, which can be asked. */
export function connectV1(options: SdkOptions, listener: ConnectionListener): Promise<Connection> {
  const info = { name: options.name, version: '1' };
  const client = new Client(info, { capabilities: { elicitation: {} } });
  client.setRequestHandler(ElicitRequestSchema, async ({ params: { message } }) => {
    // `…/ask250` is answered after 250 ms.
    await pause(Number(message.split('/ask')[1]));
    return { action: 'accept', content: { answer: ANSWER } };
  });
  return connect(client, SSEClientTransport, options, listener);
}

export function connectV2(options: SdkOptions, listener: ConnectionListener): Promise<Connection> {
  const client = new v2.Client({ name: options.name, version: '1' });
  return connect(client, v2.SSEClientTransport, options, listener);
}

async function connect(
  client: SettingClient,
  Transport: typeof SSEClientTransport | typeof v2.SSEClientTransport,
  { name, url, resumes }: SdkOptions,
  { onData, onError, onLost }: ConnectionListener,
): Promise<Connection> {
  const transport = new Transport(new URL(url), {
    requestInit: { headers: { [CLIENT_NAME]: name } },
    ...(resumes && { fetch: resumableFetch() }),
  });
  await connectSdkClient(client, transport, {
    timeoutMs: CONNECT_MS,
    onNotification: onData,
    onError: (error) => {
      onError(error);
      if (resumes && 'code' in error && error.code === 404) onLost();
    },
  });
  return {
    async call(tool) {
      const result = await client.callTool({ name: tool, arguments: {} });
      return (result as { content: { text: string }[] }).content[0]?.text ?? '';
    },
    setLevel: () => client.setLoggingLevel('warning'),
    subscribe: (uri) => client.subscribeResource({ uri }),
    close: () => client.close(),
  };
}
