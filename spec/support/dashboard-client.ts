import { dashboard, type DashboardOptions } from '../../lib/dashboard/index.js';
import type { ClosedRow, Row } from '../../lib/dashboard/session-table.js';
import type { Sample } from '../../lib/dashboard/stats.js';
import type { Greeting, SeenMessage, State } from '../../lib/dashboard/viewer.js';
import type { McpSseOptions } from '../../lib/index.js';
import { serve, type Served, type ServeOptions } from './serve.js';
import { StreamClient } from './stream-client.js';

/** Serves a router with its dashboard at `/admin`. */
export function serveDashboard(
  options: DashboardOptions = {},
  mcpOptions: McpSseOptions = {},
  prepare?: ServeOptions['prepare'],
): Promise<Served<unknown>> {
  return serve(mcpOptions, {
    ...(prepare && { prepare }),
    wire: (app, mcp) => app.use(mcp, mcp.errorHandler).use('/admin', dashboard(mcp, options)),
  });
}

/** Puts together what it is told, as the page does. */
export class DashboardClient {
  hello: Greeting = { showMessages: false };
  readonly states: State[] = [];
  readonly closed: ClosedRow[] = [];
  readonly messages: SeenMessage[] = [];
  readonly samples: Sample[] = [];
  #rows = new Map<number, Row>();
  #order: number[] = [];

  private constructor(readonly stream: StreamClient) {}

  /** Opens the events of the dashboard at `url` and waits for the first state. */
  static async open(
    url: string,
    query: Record<string, string> = {},
    headers: Record<string, string> = {},
  ): Promise<DashboardClient> {
    const target = `${url}/admin/events?${String(new URLSearchParams(query))}`;
    const client = new DashboardClient(await StreamClient.begin(target, headers));
    if (client.stream.status !== 200) return client;
    const hello = await client.stream.next(({ event }) => event === 'hello');
    client.hello = JSON.parse(hello.data);
    await client.next();
    return client;
  }

  /** The rows in the order in which the page shows them. */
  get rows(): Row[] {
    return this.#order.map((key) => this.#rows.get(key)!);
  }

  get matching(): number {
    return this.states.at(-1)?.matching ?? 0;
  }

  /** The next state that is sent. */
  async next(): Promise<State> {
    const { data } = await this.stream.next(({ event }) => event === 'state');
    const state: State = JSON.parse(data);
    this.states.push(state);
    for (const row of state.rows) this.#rows.set(row.key, row);
    this.#order = state.order ?? this.#order;
    this.closed.push(...state.closed);
    this.messages.push(...state.messages);
    this.samples.push(...state.samples);
    return state;
  }

  /** Reads on until what it knows is as wanted. */
  async until(holds: () => boolean): Promise<void> {
    for (let states = 0; !holds(); states += 1) {
      if (states === 5)
        throw new Error(`not within 5 states: ${JSON.stringify(this.states.at(-1))}`);
      await this.next();
    }
  }
}

/** Opens a session whose client introduces itself. */
export async function introduce(
  url: string,
  clientInfo: { name: string; version?: string; title?: string },
  headers: Record<string, string> = {},
): Promise<StreamClient> {
  const client = await StreamClient.open(`${url}/sse`, headers);
  await client.request('initialize', {
    protocolVersion: '2024-11-05',
    capabilities: {},
    clientInfo: { version: '1.0', ...clientInfo },
  });
  return client;
}
