import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Alias } from 'vite';
import { defineConfig, type TestProjectConfiguration } from 'vitest/config';

// Specs and examples name the package as its users do, and get the sources.
const ourselves = {
  find: /^express-mcp-sse(\/\w+)?$/,
  replacement: fileURLToPath(new URL('lib$1/index.ts', import.meta.url)),
};

// What takes long by nature: heaps that are filled, 200 MB for readers that stop, a thousand nodes,
// hundreds of hand-overs, all pages of the reference written anew, and what starts the compiler.
export const long: readonly string[] = [
  'spec/cluster/handover/model.spec.ts',
  'spec/cluster-scale/simulation.spec.ts',
  'spec/dashboard/page-types.spec.ts',
  'spec/flows/heavy.spec.ts',
  'spec/hostile/full-heap.spec.ts',
  'spec/package/api-reference.spec.ts',
  'spec/package/exports.spec.ts',
  'spec/package/mutants.spec.ts',
  'spec/package/scenarios.spec.ts',
  'spec/package/snippets.spec.ts',
  'spec/package/tables.spec.ts',
  'spec/package/types.spec.ts',
  'spec/wire/json-size.spec.ts',
];

// What waits for nodes and servers to come, to be silent and to be given up, and does little
// meanwhile: many of these run side by side.
export const waiting: readonly string[] = [
  'cli/redis',
  ...[
    ...['bounds', 'broadcast-silence', 'death', 'early-refusal', 'false-404', 'handover/newcomer'],
    ...['ledger/call-copies', 'ledger/killed-owner', 'ledger/next-node-dies', 'ledger/rerun'],
    ...['known-end', 'ledger/rerun-sdk', 'ledger/sdk-clients', 'membership', 'outage'],
    ...['probes-elsewhere', 'sends', 'silence', 'unknown-nodes'],
  ].map((name) => `cluster/${name}`),
  'faults/frozen-process',
  'nats/nats',
  ...['ioredis', 'ioredis-cluster', 'node-redis', 'node-redis-cluster'].map(
    (name) => `redis/${name}`,
  ),
].map((name) => `spec/${name}.spec.ts`);

// What starts programs: our own, such as the examples and the code of the pages, of which each loads
// everything anew, and Redis, NATS, proxies and a browser where they are there.
const programs = [
  ...[
    'bench/targets',
    'bridge/exit',
    'bridge/lost',
    'bridge/odd-programs',
    'bridge/stdio',
    'bridge/stdio-flows',
    'cli/demo',
    'cli/program',
    'flows/exit',
    'resume/memory',
  ],
  ...['session/events/debug-log', 'testing/runners', 'http/guard/browser'],
  'http/guard/documented-proxies',
  ...['browser', 'layout', 'upstreams', 'usage'].map((name) => `dashboard/${name}`),
  ...['deploying', 'ending-sse', 'programs', 'run-snippets', 'shown-code', 'shown-files'].map(
    (name) => `package/${name}`,
  ),
  ...['cluster/hashing-balancers', 'cluster/nginx', 'nats/connection-monitor', 'nats/max-payload'],
  ...['clients', 'connections', 'hash-slot'].map((name) => `redis/${name}`),
  ...readdirSync('spec/examples').map((file) => `examples/${file.replace('.spec.ts', '')}`),
].map((name) => `spec/${name}.spec.ts`);

const all = readdirSync('spec', { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.spec.ts'))
  .map((file) => `spec/${file.replaceAll('\\', '/')}`)
  .filter((file) => ![...long, ...waiting].includes(file));
const isIn = (rooms: readonly string[], file: string): boolean =>
  rooms.some((room) => file === `spec/${room}` || file.startsWith(`spec/${room}/`));

// Specs share what a worker has loaded, which is most of the time of a short one. One that puts
// another module in place of one, that makes the budget of the process small, or that says
// `// Alone: …`, gets modules of its own.
const isAlone = (file: string): boolean =>
  /\bvi\.mock\(|\bmaxTotalBytes: \d|^\/\/ Alone: /m.test(readFileSync(file, 'utf8'));

interface Way {
  readonly alias?: readonly Alias[];
  readonly env?: Record<string, string>;
  readonly files: readonly string[];
}

/** The specs by one way in to the package. */
function way(name: string, { alias = [], env = {}, files }: Way): TestProjectConfiguration[] {
  const resolve = { alias: [ourselves, ...alias] };
  const [alone, shared] = [files.filter(isAlone), files.filter((file) => !isAlone(file))];
  return [
    { extends: true, resolve, test: { name, env, include: shared, isolate: false } },
    { extends: true, resolve, test: { name: `${name}-alone`, env, include: alone } },
  ];
}

// The alias reaches into lib too, so that router.ts itself gets Express 4.
const express4 = { find: /^express$/, replacement: 'express4' };
// Rooms that Express does not reach, and what is packed or imports the package by its name. Of the
// dashboard, what a browser shows: it is mounted by the others. And what runs in programs of ours
// only, which load Express 5 all the same.
const independent = [
  ...['browser', 'layout', 'sessions', 'upstreams', 'usage'].map(
    (name) => `dashboard/${name}.spec.ts`,
  ),
  ...['bench', 'bridge', 'cli', 'cluster', 'cluster-faults', 'cluster-scale', 'examples', 'nats'],
  ...['options', 'otel', 'package', 'redis', 'session', 'soak', 'stream', 'util', 'wire'],
  ...['flows/exit', 'resume/memory', 'testing/runners'].map((name) => `${name}.spec.ts`),
];

// One suite: `npm test` runs it on Express 5, `npm run test:all` also what starts programs, takes
// long or waits, and what Express reaches on Express 4 and in front of it (`mcp.requestListener(app)`).
export default defineConfig({
  test: {
    pool: 'forks',
    // For two cores: most specs wait now and then, one for the other end of a socket.
    maxWorkers: 5,
    // Against what hangs: a test takes a second or less, and many times that on a busy machine.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 20_000 } },
    coverage: { provider: 'v8', include: ['lib/**/*.ts'], thresholds: { 100: true } },
    projects: [
      ...way('express5', { files: all.filter((file) => !programs.includes(file)) }),
      ...way('programs-express5', { files: programs }),
      ...way('express4', {
        alias: [express4],
        files: all.filter((file) => !isIn(independent, file)),
      }),
      ...way('listener', {
        env: { MCP_SSE_WAY: 'listener' },
        files: all.filter((file) => isIn(['http', 'flows', 'hostile', 'faults'], file)),
      }),
      {
        extends: true,
        resolve: { alias: [ourselves] },
        test: { name: 'long', include: [...long] },
      },
      {
        extends: true,
        resolve: { alias: [ourselves] },
        test: {
          name: 'waiting',
          include: [...waiting],
          maxWorkers: 6,
          // With workers of its own number, behind the others.
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
