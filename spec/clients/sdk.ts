import { connectSdkClient, type SdkClient } from '../support/program/sdk-client.js';
import { load } from './load.js';
import type { ConnectedClient } from './steps.js';

/** The client of one version of the SDK. */
export interface Sdk {
  readonly Client: new (info: { name: string; version: string }) => SdkClient;
  readonly SSEClientTransport: new (url: URL, options?: object) => unknown;
  /** Version 2 takes the options of a call as its second argument, version 1 as its third. */
  readonly v2?: boolean;
}

/** A version of SDK v1 that is installed under the name `alias` at `place`. */
export async function sdkAt(place: string, alias: string): Promise<Sdk> {
  const esm = `${place}node_modules/${alias}/dist/esm/client`;
  const client = await load<Sdk>(place, `${esm}/index.js`);
  return { ...client, ...(await load<Sdk>(place, `${esm}/sse.js`)) };
}

/** SDK v2, installed at `place`. */
export async function sdkV2At(place: string): Promise<Sdk> {
  return { ...(await load<Sdk>(place, '@modelcontextprotocol/client')), v2: true };
}

/** A client of an SDK over a transport, its own SSE transport or any other. */
export async function connectSdk(
  { Client, v2 = false }: Pick<Sdk, 'Client' | 'v2'>,
  transport: unknown,
): Promise<ConnectedClient> {
  const notifications: number[] = [];
  const client = new Client({ name: 'candidate', version: '1' });
  await connectSdkClient(client, transport, {
    onNotification: (data) => notifications.push(Number(data)),
  });
  return {
    notifications,
    async tools() {
      const { tools } = await client.listTools();
      return tools.map(({ name }) => name);
    },
    async call(name, onProgress) {
      const options = onProgress && {
        onprogress: ({ progress }: { progress: number }) => {
          onProgress(progress);
        },
      };
      const rest = (v2 ? [options] : [undefined, options]) as never[];
      return JSON.stringify(await client.callTool({ name, arguments: {} }, ...rest));
    },
    close: () => client.close(),
  };
}
