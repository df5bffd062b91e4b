import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { lastingPort } from './lasting-port.js';
import { RedisServer } from './redis-server.js';

/** Three masters that share the slots, and a replica for each where that is asked for. */
export class RedisCluster {
  private constructor(readonly servers: readonly RedisServer[]) {}

  static async start(replicas: 0 | 1 = 0): Promise<RedisCluster> {
    const servers: RedisServer[] = [];
    for (let count = 0; count < 3 * (1 + replicas); count += 1) {
      const bus = await lastingPort();
      servers.push(
        await RedisServer.begin(
          `--cluster-enabled yes --cluster-port ${bus} --cluster-node-timeout 1000`.split(' '),
        ),
      );
    }
    const addresses = servers.map(({ port }) => `127.0.0.1:${port}`);
    const how = ['--cluster-replicas', String(replicas), '--cluster-yes'];
    await promisify(execFile)('redis-cli', ['--cluster', 'create', ...addresses, ...how]);
    const cluster = new RedisCluster(servers);
    await cluster.whole();
    return cluster;
  }

  /** Resolves when every server says that all slots are served. */
  async whole(): Promise<void> {
    for (const server of this.servers) {
      while (!(await server.command('CLUSTER', 'INFO')).includes('cluster_state:ok'));
    }
  }

  /** The ports of the servers. */
  get ports(): string {
    return this.servers.map(({ port }) => port).join();
  }

  /** Kills the master that serves the channel; resolves when another serves it, with the seconds. */
  async failOver(channel: string): Promise<number> {
    const [first] = this.servers;
    const slot = Number(await first?.command('CLUSTER', 'KEYSLOT', channel));
    const began = performance.now();
    const master = await this.#masterOf(slot, this.servers);
    await master?.kill();
    const others = this.servers.filter((server) => server !== master);
    while (!(await this.#masterOf(slot, others))) {
      if (performance.now() - began > 30_000) throw new Error('no replica has taken over');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const seconds = (performance.now() - began) / 1_000;
    await master?.restart();
    return seconds;
  }

  async #masterOf(slot: number, among: readonly RedisServer[]): Promise<RedisServer | undefined> {
    for (const server of among) {
      const nodes = await server.command('CLUSTER', 'NODES').catch(() => '');
      const own = nodes.split('\n').find((line) => line.includes('myself,master'));
      const ranges = (own ?? '')
        .split(' ')
        .slice(8)
        .map((range) => range.split('-').map(Number));
      if (ranges.some(([from = NaN, to = from]) => from <= slot && slot <= to)) return server;
    }
    return undefined;
  }

  // The faults hit all of them: which one serves a channel is the adapter's to know.

  async kill(): Promise<void> {
    for (const server of this.servers) await server.kill();
  }

  async restart(): Promise<void> {
    for (const server of this.servers) await server.restart();
    await this.whole();
  }

  pause(): void {
    for (const server of this.servers) server.pause();
  }

  continue(): void {
    for (const server of this.servers) server.continue();
  }

  /** Whether any of them answers. */
  async responds(): Promise<boolean> {
    const answers = await Promise.all(this.servers.map((server) => server.responds()));
    return answers.includes(true);
  }

  async cut(): Promise<number> {
    let cut = 0;
    for (const server of this.servers) cut += await server.cut();
    return cut;
  }

  /** Gives an empty slot to another server than the one that has it. */
  async move(slot: number): Promise<void> {
    const ids = await Promise.all(this.servers.map((server) => server.command('CLUSTER', 'MYID')));
    const ranges = await this.servers[0]!.command('CLUSTER', 'SLOTS');
    // Lines: first slot, last slot, host, port, id, …
    const lines = ranges.split('\n').map((line) => line.trim());
    const owner = ids.find((id) => {
      for (let at = lines.indexOf(id); at >= 0; at = lines.indexOf(id, at + 1)) {
        const [first, last] = [Number(lines[at - 4]), Number(lines[at - 3])];
        if (first <= slot && slot <= last) return true;
      }
      return false;
    });
    const heir = ids.findIndex((id) => id !== owner);
    const giver = ids.findIndex((id) => id === owner);
    const set = (at: number, ...how: string[]): Promise<string> =>
      this.servers[at]!.command('CLUSTER', 'SETSLOT', String(slot), ...how);
    // [spec] redis.io, CLUSTER SETSLOT: without the first two the old owner would take it back.
    await set(heir, 'IMPORTING', ids[giver]!);
    await set(giver, 'MIGRATING', ids[heir]!);
    for (const at of new Set([heir, giver, ...ids.keys()])) await set(at, 'NODE', ids[heir]!);
  }

  async stop(): Promise<void> {
    for (const server of this.servers) await server.stop();
  }
}
