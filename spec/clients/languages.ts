import { readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { Report } from '../../scripts/report.js';
import { LineClient } from './line-client.js';
import { INITIALIZE_TIMEOUT_MS, type Candidate } from './steps.js';
import { build, type Command, type ToolChain } from './tool-chain.js';

/** Versions are pinned by the manifests of each language below this folder. */
const GO = { 'mcp-go': '1.2.1', 'go-sdk': '1.8.0' };
const PYTHON = { 'mcp-1': '1.30.0', 'mcp-2': '2.3.0', fastmcp: '4.2.3' };
/** FastMCP brings version 2 of the SDK. */
const PYTHON_PLACES = ['mcp-1', 'fastmcp'] as const;
const JAVA = {
  'sdk-1': { version: '1.1.5', main: 'JdkProgram' },
  'sdk-2': { version: '2.1.0', main: 'JdkProgram' },
  webflux: { version: '0.18.1', main: 'WebFluxProgram' },
  langchain4j: { version: '1.11.0-beta19', main: 'LangChain4jProgram' },
};
const RMCP = '0.10.0';

const KIB = 1024;
const MIB = 1024 * KIB;

/** Clients of other languages; those that cannot be built here are reported as skipped. */
export async function languages(report: Report): Promise<Candidate[]> {
  const all: Candidate[] = [];
  for (const [toolChain, candidatesAt] of LANGUAGES) {
    const target = await build(toolChain, report);
    if (target !== undefined) all.push(...candidatesAt(target));
  }
  return all;
}

const command = (program: string, ...args: string[]): Command => ({ program, args });

const LANGUAGES: readonly (readonly [ToolChain, (target: string) => Candidate[]])[] = [
  [
    {
      language: 'go',
      needs: [command('go', 'version')],
      fetch: () => [command('go', 'mod', 'download')],
      build: (target) => [command('go', 'build', '-o', target, './mcp-go', './go-sdk')],
    },
    (target) => [
      {
        name: 'mcp-go (Go)',
        version: GO['mcp-go'],
        drop: 'the session ends',
        silent: true,
        connect: (url) => LineClient.start(join(target, 'mcp-go'), [url]),
      },
      {
        name: 'the official Go SDK',
        version: GO['go-sdk'],
        drop: 'the session ends',
        largestEvent: 16 * MIB,
        connect: (url) => LineClient.start(join(target, 'go-sdk'), [url]),
      },
    ],
  ],
  [
    {
      language: 'python',
      needs: [command('python3', '-c', 'import sys; assert sys.version_info >= (3, 10)')],
      fetch: (target) =>
        PYTHON_PLACES.flatMap((name) => [
          command('python3', '-m', 'venv', join(target, name)),
          command(join(target, name, 'bin/pip'), 'install', '-q', '-r', `${name}.txt`),
        ]),
      build: () => [],
    },
    (target) => {
      const source = fileURLToPath(new URL('./python/', import.meta.url));
      const start = (name: (typeof PYTHON_PLACES)[number], script: string, url: string) =>
        LineClient.start(join(target, name, 'bin/python'), ['-B', join(source, script), url]);
      return [
        {
          name: 'the official Python SDK',
          version: PYTHON['mcp-1'],
          drop: 'the session ends',
          connect: (url) => start('mcp-1', 'sdk.py', url),
        },
        {
          name: 'the official Python SDK',
          version: PYTHON['mcp-2'],
          drop: 'the session ends',
          largestEvent: MIB,
          connect: (url) => start('fastmcp', 'sdk.py', url),
        },
        {
          name: 'FastMCP (Python)',
          version: PYTHON.fastmcp,
          drop: 'the session ends',
          largestEvent: MIB,
          connect: (url) => start('fastmcp', 'fastmcp_client.py', url),
        },
      ];
    },
  ],
  [
    {
      language: 'java',
      needs: [command('mvn', '--version'), command('javac', '--version')],
      fetch: (target) =>
        Object.keys(JAVA).map((name) =>
          command(
            'mvn',
            '--quiet',
            '--batch-mode',
            `--file=${name}/pom.xml`,
            'dependency:copy-dependencies',
            `-DoutputDirectory=${join(target, name)}`,
          ),
        ),
      build: (target) =>
        Object.entries(JAVA).map(([name, { main }]) =>
          command(
            'javac',
            ...['-nowarn', '-d', join(target, name, 'classes'), '-sourcepath', '.'],
            ...['-classpath', join(target, name, '*'), `${main}.java`],
          ),
        ),
    },
    (target) => {
      const start = (name: keyof typeof JAVA, url: string) => {
        const path = [join(target, name, 'classes'), ...jarsIn(join(target, name))];
        const { main } = JAVA[name];
        return LineClient.start('java', ['-cp', path.join(delimiter), main, url]);
      };
      const { 'sdk-1': first, 'sdk-2': second, webflux, langchain4j } = JAVA;
      return [
        {
          name: 'the official Java SDK',
          version: first.version,
          drop: 'the session ends',
          shuffles: true,
          connect: (url) => start('sdk-1', url),
        },
        {
          name: 'the official Java SDK',
          version: second.version,
          drop: 'the session ends',
          shuffles: true,
          connect: (url) => start('sdk-2', url),
        },
        {
          name: 'the official Java SDK over WebFlux',
          version: webflux.version,
          drop: 'the session ends',
          largestEvent: 256 * KIB,
          shuffles: true,
          connect: (url) => start('webflux', url),
        },
        {
          name: 'langchain4j (Java)',
          version: langchain4j.version,
          drop: 'the session ends',
          cannot: { progress: 'asks for none' },
          connect: (url) => start('langchain4j', url),
        },
      ];
    },
  ],
  [
    {
      language: 'rust',
      needs: [command('cargo', '--version')],
      fetch: () => [command('cargo', 'fetch', '--quiet', '--locked')],
      build: (target) => [
        command('cargo', 'build', '--quiet', '--locked', '--offline', `--target-dir=${target}`),
      ],
    },
    (target) => {
      const program = join(target, 'debug/clients');
      return [
        {
          name: 'rmcp (Rust)',
          version: RMCP,
          drop: 'a new session',
          options: { limits: { initializeTimeoutMs: INITIALIZE_TIMEOUT_MS } },
          connect: (url) => LineClient.start(program, [url]),
        },
        {
          name: 'rmcp with Mcp-Sse-Resume',
          version: RMCP,
          drop: 'exactly once',
          connect: (url) => LineClient.start(program, [url, '1']),
        },
      ];
    },
  ],
];

function jarsIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.jar'))
    .map((name) => join(folder, name));
}
