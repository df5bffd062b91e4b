import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { lastingPort } from './lasting-port.js';
import { RedisServer } from './redis-server.js';
import { ServerProcess } from './server-process.js';

/** A master, a replica, and three sentinels that watch them. */
export class RedisTrio {
  private constructor(
    readonly servers: readonly RedisServer[],
    private readonly sentinels: readonly ServerProcess[],
    private readonly directory: string,
  ) {}

  static async begin(): Promise<RedisTrio> {
    const directory = await mkdtemp(join(tmpdir(), 'sentinels-'));
    const master = await RedisServer.begin();
    const of = ['--replicaof', '127.0.0.1', String(master.port)];
    const replica = await RedisServer.begin([...of, '--repl-diskless-sync-delay', '0']);
    const sentinels: ServerProcess[] = [];
    for (let n = 0; n < 3; n += 1) {
      const port = await lastingPort();
      const file = join(directory, `${n}.conf`);
      const lines = [
        `port ${port}`,
        'bind 127.0.0.1',
        `sentinel monitor main 127.0.0.1 ${master.port} 2`,
        'sentinel down-after-milliseconds main 1000',
        'sentinel failover-timeout main 5000',
      ];
      await writeFile(file, lines.join('\n') + '\n');
      const sentinel = new ServerProcess('redis-server', [file, '--sentinel'], port);
      await sentinel.start();
      sentinels.push(sentinel);
    }
    const trio = new RedisTrio([master, replica], sentinels, directory);
    await trio.#formed();
    return trio;
  }

  /** The ports of the sentinels. */
  get ports(): string {
    return this.sentinels.map(({ port }) => port).join();
  }

  /** Kills the master; resolves when the other server is one, with the seconds that it took. */
  async failOver(): Promise<number> {
    const roles = await Promise.all(this.servers.map(roleOf));
    const master = this.servers[roles.indexOf('master')];
    const heir = this.servers.find((server) => server !== master);
    if (!master || !heir) throw new Error(`no master among ${roles.join()}`);
    const began = performance.now();
    await master.kill();
    while ((await roleOf(heir)) !== 'master') {
      if (performance.now() - began > 30_000) throw new Error('nobody has become the master');
    }
    const seconds = (performance.now() - began) / 1_000;
    await master.restart();
    return seconds;
  }

  async stop(): Promise<void> {
    for (const each of this.sentinels) await each.kill();
    for (const each of this.servers) await each.stop();
    await rm(this.directory, { recursive: true, force: true });
  }

  /** The replica follows, and the sentinels know it and each other. */
  async #formed(): Promise<void> {
    const deadline = performance.now() + 30_000;
    const [master] = this.servers;
    while (!(await master?.command('INFO', 'REPLICATION'))?.includes('state=online')) {
      if (performance.now() > deadline) throw new Error('the replica does not follow');
    }
    for (const { port } of this.sentinels) {
      const asked = async (): Promise<string> =>
        (await sentinelCommand(port, 'SENTINEL', 'MASTER', 'main')).replaceAll('\n', ' ');
      while (!/num-slaves 1 .*num-other-sentinels 2 /.test(await asked())) {
        if (performance.now() > deadline) throw new Error('the sentinels do not meet');
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  }
}

async function roleOf(server: RedisServer): Promise<string> {
  const text = await server.command('ROLE').catch(() => 'gone');
  return text.split('\n')[0] ?? '';
}

async function sentinelCommand(port: number, ...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('redis-cli', ['-p', String(port), ...args]);
  return stdout;
}
