import type { ServerProcess } from '../server/server-process.js';

export interface Cost {
  /** CPU of the server's process per operation, in µs. */
  readonly cpu: number;
  /** The same of the generator: what makes it no bottleneck is that this is the smaller. */
  readonly generator: number;
  readonly elapsedMs: number;
}

/** Does some work, which tells how many operations it was, and reports what one cost. */
export async function cpuPer(server: ServerProcess, work: () => Promise<number>): Promise<Cost> {
  const before = await server.order('cpu');
  const ownBefore = process.cpuUsage();
  const began = performance.now();
  const operations = await work();
  const elapsedMs = performance.now() - began;
  const own = process.cpuUsage(ownBefore);
  const after = await server.order('cpu');
  return {
    cpu: (after - before) / operations,
    generator: (own.user + own.system) / operations,
    elapsedMs,
  };
}
