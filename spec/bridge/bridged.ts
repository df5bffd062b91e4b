import { Client, SSEClientTransport } from '@modelcontextprotocol/client';
import { onTestFinished } from 'vitest';

import { bridge, type Bridge, type BridgeOptions, type HopError } from '../../lib/bridge/index.js';
import { IDENTITY, textOf } from '../support/sdk/clients.js';
import { serve, type Served } from '../support/serve.js';

export interface Bridged {
  /** Is not connected. */
  readonly client: Client;
  connect(headers?: Record<string, string>): Promise<void>;
  /** What the client is told when it connects. */
  failure(): Promise<unknown>;
  readonly errors: HopError[];
  readonly server: Bridge;
  readonly served: Served<unknown>;
}

/** A bridge to an upstream, and a client in front of it, until the test is finished. */
export async function bridged(
  upstream: BridgeOptions['upstream'],
  options: Partial<BridgeOptions> = {},
): Promise<Bridged> {
  const errors: HopError[] = [];
  const hooks = { onError: (error: HopError) => errors.push(error) };
  const server = bridge({ upstream, hooks, ...options });
  onTestFinished(() => server.close());
  const served = await serve({ server, resume: { windowMs: 100 } });
  const client = new Client(IDENTITY, { capabilities: { roots: {}, elicitation: {} } });
  onTestFinished(() => client.close());
  const url = new URL(`${served.url}/sse`);
  const connect = (headers: Record<string, string> = {}): Promise<void> =>
    client.connect(new SSEClientTransport(url, { requestInit: { headers } }));
  const failure = (): Promise<unknown> =>
    connect().then(
      () => undefined,
      (error: unknown) => error,
    );
  return { client, connect, errors, failure, server, served };
}

export async function greet(client: Client): Promise<string> {
  return textOf(await client.callTool({ name: 'greet', arguments: { name: 'Ann' } }));
}
