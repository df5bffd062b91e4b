import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const specs = 'spec/**/*.spec.ts';
// Specs and examples name the package as its users do, and get the sources.
const ourselves = {
  find: /^express-mcp-sse(\/\w+)?$/,
  replacement: fileURLToPath(new URL('lib$1/index.ts', import.meta.url)),
};

// What takes long by nature: heaps that are filled, 200 MB for readers that stop, all pages of the
// reference written anew.
const long = [
  'spec/flows/heavy.spec.ts',
  'spec/hostile/full-heap.spec.ts',
  'spec/package/api-reference.spec.ts',
  'spec/wire/json-size.spec.ts',
];

// Specs share what a worker has loaded, which is most of the time of a short one. One that puts
// another module in place of one, or says `// Alone: …`, gets modules of its own.
const alone = readdirSync('spec', { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.spec.ts'))
  .map((file) => `spec/${file.replaceAll('\\', '/')}`)
  .filter((file) => /\bvi\.mock\(|^\/\/ Alone: /m.test(readFileSync(file, 'utf8')));

// One suite: `npm test` runs it on Express 5, `npm run test:all` also on Express 4, in front of
// Express (`mcp.requestListener(app)`), and what takes long.
export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 15_000,
    hookTimeout: 15_000,
    coverage: { provider: 'v8', include: ['lib/**/*.ts'], thresholds: { 100: true } },
    projects: [
      {
        extends: true,
        resolve: { alias: [ourselves] },
        test: {
          name: 'express5',
          isolate: false,
          include: [specs],
          exclude: [...long, ...alone],
        },
      },
      {
        extends: true,
        resolve: { alias: [ourselves] },
        test: { name: 'express5-alone', include: alone },
      },
      {
        extends: true,
        // The alias reaches into lib too, so that router.ts itself gets Express 4.
        resolve: { alias: [ourselves, { find: /^express$/, replacement: 'express4' }] },
        // What is packed, what the examples import, and what nodes say does not depend on it.
        test: {
          name: 'express4',
          include: [specs],
          exclude: [
            ...long,
            'spec/package/**',
            'spec/examples/**',
            'spec/cluster/**',
            'spec/redis/**',
            'spec/nats/**',
          ],
        },
      },
      {
        extends: true,
        resolve: { alias: [ourselves] },
        test: {
          name: 'listener',
          include: ['http', 'flows', 'hostile', 'faults'].map(
            (room) => `spec/${room}/**/*.spec.ts`,
          ),
          exclude: long,
          env: { MCP_SSE_WAY: 'listener' },
        },
      },
      {
        extends: true,
        resolve: { alias: [ourselves] },
        test: { name: 'long', include: long },
      },
    ],
  },
});
