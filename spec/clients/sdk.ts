import type { Visitor } from './journey.js';
import { load } from './load.js';

/** What a journey needs of an SDK's client; those of all versions have it. */
interface ClientLike {
  connect(transport: never): Promise<void>;
  listTools(): Promise<{ tools: { name: string }[] }>;
  callTool(params: object, ...rest: never[]): Promise<unknown>;
  close(): Promise<void>;
  fallbackNotificationHandler?: ((notification: Heard) => Promise<void>) | undefined;
  onerror?: ((error: Error) => void) | undefined;
}

interface Heard {
  params?: Record<string, unknown> | undefined;
}

/** The client of one version of the SDK. */
export interface Sdk {
  readonly Client: new (info: { name: string; version: string }) => ClientLike;
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
export async function visit(
  { Client, v2 = false }: Pick<Sdk, 'Client' | 'v2'>,
  transport: unknown,
): Promise<Visitor> {
  const heard: number[] = [];
  const client = new Client({ name: 'visitor', version: '1' });
  client.fallbackNotificationHandler = async ({ params }) => {
    heard.push(Number(params?.data));
  };
  client.onerror = () => undefined;
  await client.connect(transport as never);
  return {
    heard,
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
