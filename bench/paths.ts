/** Where the benchmark finds and leaves its files. */
import { fileURLToPath } from 'node:url';

export const root = new URL('../', import.meta.url);
export const builtEntry = new URL('dist/index.js', root);
export const latest = fileURLToPath(new URL('bench/results/latest.json', root));
export const mcpGoSources = fileURLToPath(new URL('bench/peers/mcp-go/', root));
export const mcpGoProgram = fileURLToPath(new URL('.tmp/mcp-go', root));

/** The environment variables that tell nodes where their Redis server is, and how long calls take. */
export const [redisUrl, callMs] = ['BENCH_REDIS_URL', 'BENCH_CALL_MS'] as const;
