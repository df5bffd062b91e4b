import { beforeAll, describe, expect, it } from 'vitest';

import { Checked, type Sources } from '../support/type-check.js';

const own = "import type { Request } from 'express';\nimport { mcpSse } from 'express-mcp-sse';";
const v1McpServer = "import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';";
const v1Server = "import { Server } from '@modelcontextprotocol/sdk/server/index.js';";
const v2 = "import { McpServer, Server } from '@modelcontextprotocol/server';";
const info = "{ name: 'x', version: '1' }";

/** What must compile, just so: there is no cast in it. */
const accepted: Sources = {
  'an McpServer of SDK v1': `${v1McpServer}
    mcpSse({ server: () => new McpServer(${info}) });`,
  'a Server of SDK v1': `${v1Server}
    mcpSse({ server: () => new Server(${info}) });`,
  'an McpServer of SDK v2': `${v2}
    mcpSse({ server: () => new McpServer(${info}) });`,
  'a Server of SDK v2': `${v2}
    mcpSse({ server: () => new Server(${info}) });`,
  'an async factory': `${v2}
    mcpSse({ server: async () => new McpServer(${info}) });`,
  'a factory that chooses between the SDKs': `${v2}
    import { McpServer as Old } from '@modelcontextprotocol/sdk/server/mcp.js';
    mcpSse({
      server: ({ headers }) =>
        headers['x-sdk'] === '1' ? new Old(${info}) : new McpServer(${info}),
    });`,
  'the factory of SDK v2 for every era': `
    import { createMcpHandler, McpServer, type McpServerFactory } from '@modelcontextprotocol/server';
    const factory: McpServerFactory = ({ era, authInfo, requestInfo }) => {
      const user = authInfo?.extra?.user ?? requestInfo?.headers.get('x-user');
      return new McpServer({ name: String(user), version: era });
    };
    createMcpHandler(factory);
    mcpSse({ server: factory });
    mcpSse({ server: factory, hooks: { onConnect: () => ({ tenant: 'x' }) } });`,
  'the handler of SDK v2 beside sessions': `
    import { createMcpHandler, McpServer, type McpServerFactory } from '@modelcontextprotocol/server';
    import { toNodeHandler } from '@modelcontextprotocol/node';
    const factory: McpServerFactory = () => new McpServer(${info});
    mcpSse({ server: factory, streamableHttp: toNodeHandler(createMcpHandler(factory)) });
    const { bus } = createMcpHandler(factory);
    mcpSse({ server: factory, events: bus });
    mcpSse({ server: factory, events: { bus, shared: true } });`,
  'an async factory of SDK v2 for every era': `
    import { Server, type McpRequestContext } from '@modelcontextprotocol/server';
    mcpSse({ server: async (_context: McpRequestContext) => new Server(${info}) });`,
  'authInfo as AuthInfo of either SDK': `${v2}
    import type { AuthInfo } from '@modelcontextprotocol/server';
    import type { AuthInfo as AuthInfoV1 } from '@modelcontextprotocol/sdk/server/auth/types.js';
    const nameOf = (auth?: AuthInfo) => auth?.clientId ?? 'nobody';
    const v1NameOf = (auth?: AuthInfoV1) => auth?.scopes.join() ?? 'nobody';
    mcpSse({
      server: ({ authInfo }) =>
        new McpServer({ name: nameOf(authInfo) + v1NameOf(authInfo), version: '1' }),
    });`,
  'the scope challenges of SDK v2': `
    import { requireScopes, type ScopeChallengeHandler } from '@modelcontextprotocol/server';
    import type { SessionTransport } from 'express-mcp-sse';
    export function challenge(transport: SessionTransport, own: ScopeChallengeHandler): void {
      transport.setScopeChallengeResolver(requireScopes('tools:write'));
      transport.setScopeChallengeResolver(own);
    }`,
  'data of onConnect in hooks, server, filter and sessions': `${v2}
    const mcp = mcpSse({
      hooks: {
        onConnect: async (req) => ({ tenant: String(req.headers['x-tenant']) }),
        onSessionOpen: ({ data }) => data.tenant.toUpperCase(),
        onReceive: (_message, { data }) => data.tenant.toUpperCase(),
        onSend: (_message, { data }) => data.tenant.toUpperCase(),
        onSessionClose: ({ data }) => data.tenant.toUpperCase(),
        onError: (_error, session) => session?.data.tenant.toUpperCase(),
      },
      server: ({ session }) => new McpServer({ name: session.data.tenant, version: '1' }),
    });
    const ping = { jsonrpc: '2.0', method: 'notifications/x' } as const;
    mcp.broadcast(ping, { filter: ({ data }) => data.tenant.length > 0 });
    for (const { data } of mcp.sessions) data.tenant.toUpperCase();
    mcp.sessions.get('x')?.data.tenant.toUpperCase();`,
  'data of onConnect in the handler': `
    mcpSse({
      hooks: { onConnect: () => ({ tenant: 'x' }) },
      handler: (_message, { session }) => ({ tenant: session.data.tenant.toUpperCase() }),
    });`,
  'data of onConnect before the hooks, once its parameter has a type': `${v2}
    mcpSse({
      server: ({ session }) => new McpServer({ name: session.data.tenant, version: '1' }),
      hooks: { onConnect: (req: Request) => ({ tenant: req.url ?? '' }) },
    });`,
  'what middleware has put on the request': `
    declare global {
      namespace Express {
        interface Request {
          user?: { id: string };
        }
      }
    }
    mcpSse({ security: { principal: (req) => req.user?.id } });`,
  'the router where Express takes handlers': `
    import express from 'express';
    const mcp = mcpSse();
    const app = express();
    app.use(mcp);
    app.use('/api', express.json(), mcp, mcp.errorHandler);
    express.Router().use(mcp);
    app.use(mcp, (req, res) => {
      res.json(req.query);
    });
    mcp.requestListener(app, '/api');`,
  'the router where node:http and connect take handlers': `
    import { createServer } from 'node:http';
    import connect from 'connect';
    const mcp = mcpSse();
    createServer(mcp);
    createServer((req, res) => mcp(req, res));
    createServer((req, res) => {
      mcp(req, res, (error) => res.writeHead(error === undefined ? 404 : 500).end());
    });
    connect().use(mcp).use('/api', mcp);`,
};

/** What must not compile, and what the compiler must say about it. */
const refused: Readonly<Record<string, readonly [code: string, complaint: RegExp]>> = {
  'a misspelt option': ['mcpSse({ keepalive: false });', /keepalive/],
  'a misspelt limit': ['mcpSse({ limits: { sesions: 1 } });', /sesions/],
  'a misspelt hook': ['mcpSse({ hooks: { onSesionOpen: () => {} } });', /onSesionOpen/],
  'a wrong type': [
    "mcpSse({ limits: { maxBodyBytes: '4mb' } });",
    /not assignable to type 'number'/,
  ],
  'a server instead of a factory': [
    `${v2} mcpSse({ server: new McpServer(${info}) });`,
    /not assignable to type 'ServerFactory/,
  ],
  'a factory that returns no server': [
    "mcpSse({ server: () => ({ name: 'x' }) });",
    /connect, close|not assignable to type 'McpServerLike/,
  ],
  'a member that data does not have': [
    `mcpSse({
      hooks: { onConnect: () => ({ tenant: 'x' }), onSessionOpen: ({ data }) => data.owner },
    });`,
    /'owner' does not exist on type '{ tenant: string; }'/,
  ],
  'a router that is called without a response': [
    "import { createServer } from 'node:http'; createServer((req) => mcpSse()(req));",
    /Expected|No overload matches/,
  ],
  'a broadcast of a request': [
    "mcpSse().broadcast({ jsonrpc: '2.0', id: 1, method: 'ping' });",
    /'id' does not exist in type 'JsonRpcNotification'/,
  ],
};

const withOwn = (code: string): string => `${own}\n${code}\nexport type Used = Request;`;
const sources: Sources = Object.fromEntries([
  ...Object.entries(accepted).map(([name, code]) => [`${name}.ts`, withOwn(code)]),
  ...Object.entries(refused).map(([name, [code]]) => [`${name}.ts`, withOwn(code)]),
]);

const SLOW = 120_000;

describe.each([true, false])(
  'with exactOptionalPropertyTypes: %s',
  (exactOptionalPropertyTypes) => {
    const errors = new Map<string, string[]>();
    beforeAll(() => {
      const checked = new Checked(sources, { exactOptionalPropertyTypes });
      for (const name of Object.keys(sources)) errors.set(name, checked.errors(name));
    }, SLOW);

    it.each(Object.keys(accepted))('the types take %s', (name) => {
      expect(errors.get(`${name}.ts`)).toEqual([]);
    });

    it.each(Object.entries(refused))('the types refuse %s', (name, [, complaint]) => {
      expect(errors.get(`${name}.ts`)?.join('\n')).toMatch(complaint);
    });
  },
);
