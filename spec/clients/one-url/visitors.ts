// The clients that visit the one URL, each as a process of its own.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { connectOneShots, connectThroughStdio } from '../command-line.js';
import { LineClient } from '../line-client.js';
import type { ConnectedClient } from '../steps.js';
import {
  AI_SDK,
  INSPECTOR,
  installInspector,
  installLibraries,
  installPrograms,
  installSdks,
  MCP_REMOTE,
  MCPORTER,
  SDK_V2,
  SDKS,
} from '../versions.js';
import type { ServedBy } from './factory.js';

export interface Visitor {
  readonly name: string;
  readonly version: string;
  /** Its transport, and how it comes to a version of the protocol. */
  readonly mode: string;
  /** `nothing`: it does not connect, as it should not. */
  readonly servedBy: ServedBy | 'nothing';
  /** What it does not tell. */
  readonly cannot?: readonly ('progress' | 'notification')[];
  /** How many sessions of HTTP+SSE it needs, if that is what it is served by; 1 otherwise. */
  readonly sessions?: number;
  /** What a call is refused with, of which its token lacks the scope; undefined if that is not tried. */
  readonly refusal?: RegExp;
  connect(url: string, token: string | undefined): Promise<ConnectedClient>;
}

export async function visitors(): Promise<readonly Visitor[]> {
  return [...(await sdkV1()), ...(await sdkV2()), ...(await aiSdk()), ...(await programs())];
}

const PROGRAM = fileURLToPath(new URL('program.mjs', import.meta.url));
/** By the status, or by the body. */
const REFUSAL = /403|insufficient.scope/i;
const NEITHER = ['progress', 'notification'] as const;

const program =
  (config: object): Visitor['connect'] =>
  (url, token) =>
    LineClient.start(process.execPath, [PROGRAM, JSON.stringify({ ...config, url, token })]);

async function sdkV1(): Promise<Visitor[]> {
  const place = await installSdks();
  const row = (key: keyof typeof SDKS, transport: string, servedBy: ServedBy): Visitor => ({
    name: 'SDK v1',
    version: SDKS[key],
    mode: `\`${transport}\``,
    servedBy,
    refusal: REFUSAL,
    connect: program({ library: 'v1', place, alias: `sdk-${key}`, transport }),
  });
  return (['1.8', '1.13', '1.24', 'latest'] as const).flatMap((key) => [
    row(key, 'SSEClientTransport', 'a session'),
    // 1.8 has no Streamable HTTP.
    ...(key === '1.8' ? [] : [row(key, 'StreamableHTTPClientTransport', '2025')]),
  ]);
}

async function sdkV2(): Promise<Visitor[]> {
  const place = await installSdks();
  const row = (transport: string, mode: unknown, servedBy: Visitor['servedBy']): Visitor => ({
    name: 'SDK v2',
    version: SDK_V2,
    mode: `\`${transport}\`, ${nameOf(mode)}`,
    servedBy,
    refusal: REFUSAL,
    connect: program({ library: 'v2', place, transport, mode }),
  });
  const pinned = { pin: '2026-07-28' };
  return [
    row('SSEClientTransport', undefined, 'a session'),
    row('SSEClientTransport', 'legacy', 'a session'),
    row('SSEClientTransport', 'auto', 'a session'),
    row('SSEClientTransport', pinned, 'nothing'),
    row('StreamableHTTPClientTransport', undefined, '2025'),
    row('StreamableHTTPClientTransport', 'legacy', '2025'),
    row('StreamableHTTPClientTransport', 'auto', '2026'),
    row('StreamableHTTPClientTransport', pinned, '2026'),
  ];
}

function nameOf(mode: unknown): string {
  if (mode === undefined) return 'no mode given';
  return typeof mode === 'string' ? `mode \`${mode}\`` : 'pinned to 2026-07-28';
}

async function aiSdk(): Promise<Visitor[]> {
  const place = await installLibraries();
  const row = (transport: string, servedBy: ServedBy): Visitor => ({
    name: '@ai-sdk/mcp',
    version: AI_SDK,
    mode: `\`${transport}\``,
    servedBy,
    cannot: NEITHER,
    refusal: REFUSAL,
    connect: program({ library: 'ai', place, transport }),
  });
  return [row('sse', 'a session'), row('http', '2026')];
}

async function programs(): Promise<Visitor[]> {
  const place = await installPrograms();
  const inspectorAt = await installInspector();
  const bin = (at: string, name: string): string => join(at, 'node_modules/.bin', name);
  const remote = (flags: readonly string[], servedBy: ServedBy): Visitor => ({
    name: 'mcp-remote',
    version: MCP_REMOTE,
    mode: flags.length === 0 ? 'no flags' : `\`${flags.join(' ')}\``,
    servedBy,
    connect: (url, token) => {
      const header = token === undefined ? [] : ['--header', `Authorization: Bearer ${token}`];
      const to = [bin(place, 'mcp-remote'), url, '--allow-http', ...flags, ...header];
      return connectThroughStdio(place, to);
    },
  });
  const inspector = (flags: readonly string[], servedBy: ServedBy): Visitor => ({
    name: 'MCP Inspector, `--cli`',
    version: INSPECTOR,
    mode: flags.length === 0 ? 'no flags' : `\`${flags.join(' ')}\``,
    servedBy,
    cannot: NEITHER,
    sessions: 2,
    connect: (url, token) => {
      const header = token === undefined ? [] : ['--header', `Authorization: Bearer ${token}`];
      const to = [bin(inspectorAt, 'mcp-inspector'), '--cli', url, ...flags, ...header, '--method'];
      return connectOneShots(inspectorAt, {
        list: [...to, 'tools/list'],
        call: (tool) => [...to, 'tools/call', '--tool-name', tool],
      });
    },
  });
  return [
    remote([], '2025'),
    remote(['--transport', 'http-first'], '2025'),
    remote(['--transport', 'sse-first'], 'a session'),
    remote(['--transport', 'http-only'], '2025'),
    remote(['--transport', 'sse-only'], 'a session'),
    remote(['--transport', 'http-only', '--protocol', 'auto'], '2026'),
    inspector([], 'a session'),
    inspector(['--transport', 'sse'], 'a session'),
    inspector(['--transport', 'http'], '2025'),
    inspector(['--transport', 'http', '--protocol-era', 'auto'], '2026'),
    inspector(['--transport', 'http', '--protocol-era', 'modern'], '2026'),
    {
      name: 'mcporter',
      version: MCPORTER,
      mode: 'as it chooses',
      servedBy: '2025',
      cannot: NEITHER,
      connect: (url, token) => {
        const header = token === undefined ? [] : ['--header', `Authorization=Bearer ${token}`];
        const to = ['--http-url', url, '--allow-http', '--name', 'host', ...header];
        return connectOneShots(place, {
          list: [bin(place, 'mcporter'), 'list', ...to],
          call: (tool) => [bin(place, 'mcporter'), 'call', ...to, '--tool', tool],
        });
      },
    },
  ];
}
