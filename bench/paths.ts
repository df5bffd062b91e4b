/** Where the benchmark finds and leaves its files. */
import { fileURLToPath } from 'node:url';

export const root = new URL('../', import.meta.url);
export const sources = new URL('lib/', root);
export const builtEntry = new URL('dist/index.js', root);
export const latest = fileURLToPath(new URL('bench/results/latest.json', root));
export const page = fileURLToPath(new URL('docs/performance.md', root));
export const mcpGoSources = fileURLToPath(new URL('bench/peers/mcp-go/', root));
export const mcpGoProgram = fileURLToPath(new URL('.tmp/mcp-go', root));

/** The environment variable that tells nodes the address of their Redis server. */
export const redisUrl = 'BENCH_REDIS_URL';
