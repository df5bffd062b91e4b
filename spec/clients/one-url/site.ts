// A server with one URL for clients of every era, in each of the ways in which it may be set up.
import { createServer as createHttpServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { requireBearerAuth } from '@modelcontextprotocol/express';
import { toNodeHandler } from '@modelcontextprotocol/node';
import type { AuthInfo } from '@modelcontextprotocol/server';
import express, { type Express } from 'express';

import { StreamableHttp } from '../../../examples/demo/streamable-http.js';
import { localAdapter } from '../../../lib/adapter/index.js';
import { mcpSse, type McpSseOptions, type McpSseRouter } from '../../../lib/index.js';
import { eventually } from '../../support/eventually.js';
import { createServer, SCOPES, type ServedBy } from './factory.js';

export interface SiteOptions {
  readonly mount?: string;
  /** Bearer tokens and scopes. */
  readonly auth?: boolean;
  /** `streamableHttp` keeps sessions for clients of 2025. */
  readonly sessions?: boolean;
  /** Streams are at one node, and every POST reaches the other. */
  readonly twoNodes?: boolean;
  /** What is broken on purpose. */
  readonly broken?: 'routes by hand' | 'no streamableHttp' | 'no events';
}

/** An answer that refuses a token for its scopes. */
export interface Refusal {
  readonly method: string;
  readonly challenge: string;
}

interface Node {
  readonly app: Express;
  readonly mcp: McpSseRouter;
  readonly streamable: StreamableHttp;
}

/** A session without a client may wait this long for one to come back. */
const WINDOW_MS = 1_000;
/** A stream that nobody uses ends after this time, with the reason `initialize-timeout`. */
const INITIALIZE_TIMEOUT_MS = 5_000;
const END_MS = 15_000;
const EXPIRES_AT = 4_102_444_800;

export class Site {
  readonly refusals: Refusal[] = [];
  readonly #mount: string;
  readonly #nodes: readonly Node[];
  readonly #server: Server;

  private constructor(private readonly options: SiteOptions) {
    this.#mount = options.mount ?? '';
    const adapter = options.twoNodes ? { adapter: localAdapter() } : {};
    this.#nodes = (options.twoNodes ? [1, 2] : [1]).map(() => this.#node(adapter));
    this.#server = createHttpServer((req, res) => {
      res.once('finish', () => {
        const challenge = res.getHeader('WWW-Authenticate');
        if (res.statusCode === 403)
          this.refusals.push({ method: req.method ?? '', challenge: String(challenge) });
      });
      // A balancer that sends every POST elsewhere than the stream.
      const node = this.#nodes.at(req.method === 'GET' ? 0 : -1);
      node?.app(req, res);
    });
  }

  static async open(options: SiteOptions): Promise<Site> {
    const site = new Site(options);
    await new Promise<void>((resolve) => site.#server.listen(0, '127.0.0.1', resolve));
    const { length } = site.#nodes;
    if (length > 1) {
      const known = (): boolean =>
        site.#nodes.every(({ mcp }) => mcp.stats().cluster?.nodes === length);
      await eventually(known, 'the discovery of the nodes', END_MS);
    }
    return site;
  }

  get url(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `http://127.0.0.1:${String(port)}${this.#mount}/sse`;
  }

  /** Tells everybody that the tools have changed, at the node that has no streams. */
  publish(): void {
    this.#nodes.at(-1)?.streamable.modern.notify.toolsChanged();
  }

  /** The token with these scopes, where one is needed. */
  token(scopes: string): string | undefined {
    return this.options.auth ? scopes : undefined;
  }

  /** Whether those who are served so can be told that tools have changed. */
  tells(servedBy: ServedBy | 'nothing'): boolean {
    // [spec] Streamable HTTP of 2025: by the stream of a session, which has no bus.
    return servedBy !== '2025';
  }

  /** Takes the refusals until now, and throws unless there are some, all for the lack of `scope`. */
  expectRefusals(scope: string): void {
    const refusals = this.refusals.splice(0);
    const named = `scope="${scope}"`;
    const others = refusals.filter(
      ({ challenge }) =>
        !challenge.includes('error="insufficient_scope"') || !challenge.includes(named),
    );
    if (refusals.length === 0) throw new Error(`nothing was refused for the lack of ${scope}`);
    if (others.length > 0) throw new Error(`refused by ${JSON.stringify(others)}`);
  }

  /** Sessions of HTTP+SSE that were ever opened. */
  get opened(): number {
    return this.#sum((mcp) => mcp.stats().totals.opened);
  }

  /** Resolves once no client is connected. */
  async left(): Promise<void> {
    const none = (): boolean => this.#sum((mcp) => mcp.stats().connected) === 0;
    await eventually(none, 'the end of the stream', END_MS);
  }

  /** Resolves once no session is left, and rejects if one of them was never used. */
  async emptied(): Promise<void> {
    const none = (): boolean => this.#sum((mcp) => mcp.stats().sessions) === 0;
    await eventually(none, 'the end of all sessions', END_MS);
    const unused = this.#sum((mcp) => mcp.stats().totals.closed['initialize-timeout'] ?? 0);
    if (unused > 0) throw new Error(`${unused} sessions were never used`);
  }

  async close(): Promise<void> {
    await Promise.all(this.#nodes.map(({ mcp }) => mcp.close({ timeoutMs: 200 })));
    await Promise.all(this.#nodes.map(({ streamable }) => streamable.close()));
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #sum(count: (mcp: McpSseRouter) => number): number {
    return this.#nodes.reduce((sum, { mcp }) => sum + count(mcp), 0);
  }

  #node(adapter: McpSseOptions): Node {
    const { auth, sessions, broken } = this.options;
    const streamable = new StreamableHttp(createServer);
    const { modern } = streamable;
    const handler = toNodeHandler(sessions ? streamable : modern);
    const app = express();
    if (auth) app.use(requireBearerAuth({ verifier, requiredScopes: [SCOPES.all] }));
    const mcp = mcpSse({
      ...adapter,
      server: createServer,
      ...(broken !== 'routes by hand' &&
        broken !== 'no streamableHttp' && { streamableHttp: handler }),
      ...(broken !== 'no events' && { events: modern.bus }),
      resume: { windowMs: WINDOW_MS },
      limits: { initializeTimeoutMs: INITIALIZE_TIMEOUT_MS },
    });
    // What people write who serve both without this option.
    if (broken === 'routes by hand') app.route(`${this.#mount}/sse`).post(handler).delete(handler);
    app.use(this.#mount || '/', mcp, mcp.errorHandler);
    return { app, mcp, streamable };
  }
}

/** The scopes of a token are its text. */
const verifier = {
  verifyAccessToken: async (token: string): Promise<AuthInfo> => ({
    token,
    clientId: 'client',
    scopes: token.split('.'),
    expiresAt: EXPIRES_AT,
    extra: { sub: 'somebody' },
  }),
};
