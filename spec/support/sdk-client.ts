import type { FetchLike } from '../../lib/client/resumable-fetch.js';
import type { OrdealClient } from './ordeal.js';

/** What an ordeal needs of an SDK's client; those of all versions have it. */
interface ClientLike {
  connect(transport: never): Promise<void>;
  callTool(params: { name: string; arguments: Record<string, unknown> }): Promise<unknown>;
  close(): Promise<void>;
  fallbackNotificationHandler?: ((notification: Notification) => Promise<void>) | undefined;
}

interface Notification {
  method: string;
  params?: Record<string, unknown> | undefined;
}

/** The two classes of one version of the SDK. */
export interface Sdk {
  readonly Client: new (info: { name: string; version: string }) => ClientLike;
  readonly SSEClientTransport: new (url: URL, options?: SdkOptions) => unknown;
}

/** Older versions know only `eventSourceInit`. */
export interface SdkOptions {
  fetch?: FetchLike;
  eventSourceInit?: { fetch: FetchLike };
}

/** Connects a client of an SDK. */
export async function connectSdk(
  { Client, SSEClientTransport }: Sdk,
  url: string,
  options?: SdkOptions,
): Promise<OrdealClient> {
  const seen: number[] = [];
  const client = new Client({ name: 'ordeal', version: '1' });
  client.fallbackNotificationHandler = async ({ params }) => {
    seen.push(Number(params?.data));
  };
  const transport = new SSEClientTransport(new URL(url), options);
  await client.connect(transport as never);
  return {
    seen,
    async call(name) {
      const { content } = (await client.callTool({ name, arguments: {} })) as ToolResult;
      return content[0]?.text ?? '';
    },
    close: () => client.close(),
  };
}

interface ToolResult {
  content: { text: string }[];
}
