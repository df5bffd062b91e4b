import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

import { resumableFetch, type FetchLike } from '../../lib/client/resumable-fetch.js';
import type { Report } from '../../scripts/report.js';
import {
  CHROMIUM,
  chromiumVersion,
  otherOrigin,
  connectBrowserPage,
  connectEventSource,
  type Source,
} from './event-source.js';
import type { Candidate, Drop, ConnectedClient } from './steps.js';
import { languages } from './languages.js';
import { connectAiSdk, connectLangChain } from './libraries.js';
import { connectThroughStdio, connectOneShots } from './command-line.js';
import { connectSdk, sdkAt, sdkV2At, type Sdk } from './sdk.js';
import {
  AI_SDK,
  INSPECTOR,
  installEventSources,
  installInspector,
  installLibraries,
  installPrograms,
  installSdks,
  LANGCHAIN,
  MCP_PROXY,
  MCP_REMOTE,
  MCPORTER,
  SDK_V2,
  SDKS,
  SOURCES,
  SUPERGATEWAY,
} from './versions.js';

const CLI = 'a process of its own for each request';
const ONE_SHOT = { progress: 'prints results only', notification: CLI, ping: CLI, drop: CLI };

/** All clients; those that cannot run here are reported as skipped. */
export async function candidates(report: Report): Promise<Candidate[]> {
  return [
    ...(await sdks()),
    ...(await sources()),
    ...(await libraries()),
    ...(await programs()),
    ...(await languages(report)),
    ...(await browsers(report)),
  ];
}

async function sdks(): Promise<Candidate[]> {
  const place = await installSdks();
  const latest = await sdkAt(place, 'sdk-latest');
  const v2 = await sdkV2At(place);
  return [
    sdk('SDK v1', SDKS['1.8'], await sdkAt(place, 'sdk-1.8'), 'the session ends'),
    sdk('SDK v1', SDKS['1.13'], await sdkAt(place, 'sdk-1.13'), 'at most one repeats'),
    sdk('SDK v1', SDKS['1.24'], await sdkAt(place, 'sdk-1.24'), 'at most one repeats'),
    sdk('SDK v1', SDKS.latest, latest, 'at most one repeats'),
    sdk('SDK v1 with resumableFetch', SDKS.latest, latest, 'exactly once', resumableFetch),
    sdk('SDK v2', SDK_V2, v2, 'at most one repeats'),
    sdk('SDK v2 with resumableFetch', SDK_V2, v2, 'exactly once', resumableFetch),
  ];
}

function sdk(
  name: string,
  version: string,
  classes: Sdk,
  drop: Drop,
  makeFetch?: () => FetchLike,
): Candidate {
  const connect = (url: string): Promise<ConnectedClient> => {
    const options = makeFetch && { fetch: makeFetch() };
    return connectSdk(classes, new classes.SSEClientTransport(new URL(url), options));
  };
  return { name, version, drop, connect };
}

async function sources(): Promise<Candidate[]> {
  const place = await installEventSources();
  return Object.entries(SOURCES).map(([major, version]) => {
    const { EventSource } = createRequire(place)(`eventsource-${major}`) as { EventSource: Source };
    return {
      name: 'eventsource with resumableFetch',
      version,
      drop: 'exactly once',
      connect: (url) => connectEventSource(EventSource, url, resumableFetch()),
    };
  });
}

async function libraries(): Promise<Candidate[]> {
  const place = await installLibraries();
  return [
    {
      name: '@ai-sdk/mcp',
      version: AI_SDK,
      drop: 'the session ends',
      cannot: { progress: 'reports none', notification: 'hears none' },
      leavesUnhandled: 'terminated',
      connect: (url) => connectAiSdk(place, url),
    },
    {
      name: '@langchain/mcp-adapters',
      version: LANGCHAIN,
      drop: 'at most one repeats',
      connect: (url) => connectLangChain(place, url),
    },
  ];
}

async function programs(): Promise<Candidate[]> {
  const inspectorAt = await installInspector();
  const place = await installPrograms();
  const bin = (name: string): string => join(place, 'node_modules/.bin', name);
  const inspector = join(inspectorAt, 'node_modules/.bin/mcp-inspector');
  const relayed = `import { ServerType, startStdioServer } from 'mcp-proxy';
    await startStdioServer({ serverType: ServerType.SSE, url: process.argv[1] });`;
  return [
    {
      name: 'MCP Inspector, CLI mode',
      version: INSPECTOR,
      drop: 'the session ends',
      cannot: ONE_SHOT,
      connect: (url) => {
        const to = [inspector, '--cli', url, '--method'];
        return connectOneShots(inspectorAt, {
          list: [...to, 'tools/list'],
          call: (tool) => [...to, 'tools/call', '--tool-name', tool],
        });
      },
    },
    {
      name: 'mcporter',
      version: MCPORTER,
      drop: 'the session ends',
      cannot: ONE_SHOT,
      connect: (url) => {
        const to = ['--http-url', url, '--allow-http', '--name', 'host'];
        return connectOneShots(place, {
          list: [bin('mcporter'), 'list', ...to],
          call: (tool) => [bin('mcporter'), 'call', ...to, '--tool', tool],
        });
      },
    },
    {
      name: 'mcp-remote',
      version: MCP_REMOTE,
      // It waits for a new endpoint before it answers what it is asked, and then initializes anew.
      drop: 'a new session',
      givesUpCalls: true,
      connect: (url) =>
        connectThroughStdio(place, [
          bin('mcp-remote'),
          url,
          '--transport',
          'sse-only',
          '--allow-http',
        ]),
    },
    {
      name: 'mcp-proxy',
      version: MCP_PROXY,
      drop: 'at most one repeats',
      connect: (url) =>
        connectThroughStdio(place, ['--input-type=module', '-e', relayed, '--', url]),
    },
    {
      name: 'supergateway',
      version: SUPERGATEWAY,
      // It spreads a Headers object, and so loses what the SDK's transport says of its session.
      drop: 'a new session',
      cannot: { progress: 'passes none on', notification: 'passes none on' },
      connect: (url) => connectThroughStdio(place, [bin('supergateway'), '--sse', url]),
    },
    {
      name: 'supergateway with a resume key',
      version: SUPERGATEWAY,
      drop: 'calls are answered',
      cannot: { progress: 'passes none on', notification: 'passes none on' },
      options: { resume: { retryMs: 50, key: ({ headers }) => String(headers['x-client']) } },
      connect: (url) =>
        connectThroughStdio(place, [bin('supergateway'), '--sse', url, '--header', 'x-client: 1']),
    },
  ];
}

async function browsers(report: Report): Promise<Candidate[]> {
  if (!existsSync(CHROMIUM)) {
    report.skip('pages in Chromium', 'it is not installed (apt-get install chromium)');
    return [];
  }
  const version = await chromiumVersion();
  const elsewhere = await otherOrigin();
  return [
    {
      name: 'a page in Chromium, same origin',
      version,
      drop: 'exactly once',
      connect: (url) => connectBrowserPage(url, new URL('/page', url).href),
    },
    {
      name: 'a page in Chromium, cross origin',
      version,
      drop: 'exactly once',
      options: { security: { allowedOrigins: [elsewhere] } },
      connect: (url) => connectBrowserPage(url, elsewhere),
    },
  ];
}
