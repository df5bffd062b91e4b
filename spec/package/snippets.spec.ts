import { expect, it } from 'vitest';

import { readText, snippets, type Snippet } from '../support/snippets.js';
import { Checked } from '../support/type-check.js';

/** What snippets may take for granted; one that declares the same name has its own. */
const AROUND = `
declare const app: import('express').Express;
declare const mcp: import('express-mcp-sse').McpSseRouter;
declare const verifier: import('@modelcontextprotocol/sdk/server/auth/provider.js').OAuthTokenVerifier;
declare const streamable: import('express').RequestHandler;
declare const mcpSse: typeof import('express-mcp-sse').mcpSse;
declare const z: typeof import('zod').z;
declare module '@fastify/middie';
declare module '@nestjs/core';
declare module 'fastify';
declare module 'next';
declare function createMcpServer(name?: string): import('@modelcontextprotocol/sdk/server/mcp.js').McpServer;
`;
/** A module that snippets import from, as a reader's own. */
const APP = "export declare const app: import('express').Express;";

/** What the pages on frameworks show: one file imports another. */
const FRAMEWORKS = {
  'app.module.ts': 'export class AppModule {}',
  'mcp.ts': "export declare const mcp: import('express-mcp-sse').McpSseRouter;",
  'server.ts':
    "export declare function createMcpServer(): import('@modelcontextprotocol/sdk/server/mcp.js').McpServer;",
  'server-v2.ts':
    "export declare function createMcpServer(): import('@modelcontextprotocol/server').McpServer;",
};

const checkable = snippets().filter(({ language }) => language === 'ts' || language === 'js');
const fileOf = ({ place, language }: Snippet): string => `${place.replace(/\W/g, '-')}.${language}`;

it('type-checks every snippet of the documentation', { timeout: 300_000 }, () => {
  expect(checkable.length).toBeGreaterThan(10);
  const sources = checkable.map((snippet) => [fileOf(snippet), snippet.code]);
  const checked = new Checked(
    { ...Object.fromEntries(sources), 'around.d.ts': AROUND, 'app.ts': APP, ...FRAMEWORKS },
    { exactOptionalPropertyTypes: true },
  );
  const errors = checkable.map((snippet) => [snippet.place, checked.errors(fileOf(snippet))]);
  expect(Object.fromEntries(errors.filter(([, found]) => found?.length))).toEqual({});
});

it('the documentation shows every entry point of the package', () => {
  const { exports } = JSON.parse(readText('package.json'));
  const entries = Object.keys(exports).filter((entry) => entry !== './package.json');
  const shown = checkable.flatMap(({ code }) =>
    [...code.matchAll(/from 'express-mcp-sse([^']*)'/g)].map(([, entry]) => `.${entry}`),
  );
  expect(entries.filter((entry) => !shown.includes(entry))).toEqual([]);
});
