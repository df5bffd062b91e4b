import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { promisify } from 'node:util';

import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import express from 'express';
import { mcpSse } from 'express-mcp-sse';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';

import { lastingPort } from '../support/lasting-port.js';
import { hasNats, NatsServer } from '../support/nats-server.js';
import { hasRedis, RedisServer } from '../support/redis-server.js';
import { ROOT, snippets, type Snippet } from '../support/snippets.js';

// Every block of TypeScript and JavaScript runs as it stands. Those whose fence says `run` are
// programs: run-snippets.spec.ts has these. The others are parts of one: here they are loaded, with
// an application around them.

/** Applications of several files, which test:world runs word for word. */
const FRAMEWORKS = /^docs\/(?:fastify|nest|next|vite)\.md/;
const code = snippets().filter(
  ({ language, place }) => ['ts', 'js'].includes(language) && !FRAMEWORKS.test(place),
);
const tests = code.filter((snippet) => snippet.code.includes("from 'vitest'"));
const parts = code.filter((snippet) => !snippet.runnable && !tests.includes(snippet));

mkdirSync(`${ROOT}.tmp`, { recursive: true });
const folder = mkdtempSync(`${ROOT}.tmp/shown-`);
afterAll(() => rm(folder, { recursive: true }));

/** Where the application around the blocks listens. */
const around = await lastingPort();

/** Writes the block into a folder of its own, beside files of the reader's that it may import. */
function written({ place, language, code: text }: Snippet): string {
  const own = `${folder}/${place.replace(/\W/g, '-')}`;
  mkdirSync(own);
  writeFileSync(`${own}/app.ts`, 'export const { app } = globalThis as never as { app: unknown };');
  for (const name of ['server', 'server-v2'])
    writeFileSync(`${own}/${name}.js`, 'export const { createMcpServer } = globalThis;');
  const isCommonJs = text.includes('module.exports');
  const file = `${own}/shown.${isCommonJs ? 'cjs' : language}`;
  // Servers elsewhere are those of this process, which have no TLS.
  const here = text
    .replaceAll(/(?:localhost|127\.0\.0\.1):3000/g, `127.0.0.1:${around}`)
    .replace('createClient()', 'createClient({ url: process.env.REDIS_URL })')
    .replace("servers: 'nats.internal:4222'", "servers: process.env.NATS_URL ?? ''")
    .replace('  tls: {},\n', '');
  writeFileSync(file, here);
  return file;
}

const needs = (name: 'redis' | 'nats', { code: text }: Snippet): boolean =>
  new RegExp(`from '(?:redis|@nats-io/transport-node)'`).test(text) &&
  text.includes(`express-mcp-sse/${name}`);
const isPossible = (snippet: Snippet): boolean =>
  (hasRedis || !needs('redis', snippet)) && (hasNats || !needs('nats', snippet));

describe('a snippet of a program', () => {
  const complaints = new Map<string, readonly string[]>();
  const files = new Map(parts.map((snippet) => [snippet.place, written(snippet)]));

  beforeAll(async () => {
    const redis = hasRedis ? await RedisServer.begin() : undefined;
    const nats = hasNats ? await NatsServer.begin() : undefined;
    const env = {
      ...{ PATH: process.env.PATH, HOME: process.env.HOME, PORT: '0', AROUND: String(around) },
      // What the pages leave to the environment.
      ...{ MCP_SECRET: 'a secret', JWT_SECRET: 'another' },
      REDIS_URL: redis?.url,
      NATS_URL: nats?.url,
    };
    const possible = parts.filter(isPossible).map(({ place }) => files.get(place)!);
    const args = ['--import', 'tsx', 'spec/support/programs/shown-code.ts', ...possible];
    try {
      const program = await promisify(execFile)(process.execPath, args, { cwd: ROOT, env });
      for (const [, line] of program.stdout.matchAll(/^@(.+)$/gm)) {
        const report = JSON.parse(line!) as { file: string; complaints: string[] };
        complaints.set(report.file, report.complaints);
      }
    } finally {
      await Promise.all([redis?.stop(), nats?.stop()]);
    }
  }, 300_000);

  for (const snippet of parts) {
    it.runIf(isPossible(snippet))(`${snippet.place} runs`, () => {
      expect(complaints.get(files.get(snippet.place)!)).toEqual([]);
    });
  }
});

// The application that the tests take for granted.
const mcp = mcpSse({ server: createMcpServer });
vi.stubGlobal('mcp', mcp);
vi.stubGlobal('app', express().use(mcp));
afterAll(async () => {
  vi.unstubAllGlobals();
  await mcp.close({ timeoutMs: 0 });
});

describe.each(tests)('the tests at $place', async (snippet) => {
  await import(/* @vite-ignore */ written(snippet));
});

function createMcpServer(): McpServer {
  const server = new McpServer({ name: 'shown', version: '1.0.0' });
  server.registerTool('greet', { inputSchema: { name: z.string() } }, ({ name }) => ({
    content: [{ type: 'text', text: `Hello, ${name}!` }],
  }));
  return server;
}
