import { spawn, type ChildProcess } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const START_MS = 10_000;

export type ProxyName = 'nginx' | 'haproxy';

/** Where Debian has them; they need not be on the PATH of those who are not root. */
const PATHS: Readonly<Record<ProxyName, string>> = {
  nginx: '/usr/sbin/nginx',
  haproxy: '/usr/sbin/haproxy',
};

export const isInstalled = (name: ProxyName): boolean => existsSync(PATHS[name]);

/** A proxy that runs in the foreground, on its own configuration, in a folder of its own. */
export class ProxyProcess {
  readonly #child: ChildProcess;
  readonly #folder: string;

  private constructor(child: ChildProcess, folder: string) {
    this.#child = child;
    this.#folder = folder;
  }

  /** Starts it, and resolves once it takes connections at `port`. */
  static async start(name: ProxyName, port: number, config: string): Promise<ProxyProcess> {
    const folder = await mkdtemp(join(tmpdir(), `${name}-`));
    const file = join(folder, 'proxy.conf');
    await writeFile(file, config.replaceAll('FOLDER', folder));
    const args = name === 'nginx' ? ['-p', folder, '-c', file] : ['-db', '-f', file];
    const child = spawn(PATHS[name], args, { stdio: ['ignore', 'ignore', 'pipe'] });
    const proxy = new ProxyProcess(child, folder);
    // Not even a check that breaks down leaves it behind.
    process.once('exit', () => child.kill('SIGKILL'));
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const deadline = performance.now() + START_MS;
    while (!(await accepts(port))) {
      const gone = child.exitCode !== null || performance.now() > deadline;
      if (!gone) continue;
      await proxy.stop();
      throw new Error(`${name} does not start: ${said}`);
    }
    return proxy;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode === null) {
      const exit = once(this.#child, 'exit');
      this.#child.kill('SIGTERM');
      await exit;
    }
    await rm(this.#folder, { recursive: true, force: true });
  }
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect({ port, host: '127.0.0.1' });
  const open = await new Promise<boolean>((resolve) => {
    socket.once('connect', () => {
      resolve(true);
    });
    socket.once('error', () => {
      setTimeout(resolve, 20, false);
    });
  });
  socket.destroy();
  return open;
}

/**
 * Ports that nobody listens on. They lie below those that the system gives to servers without a
 * port and to clients, some of which start in the meantime.
 */
export async function freePorts(count: number): Promise<number[]> {
  const free: number[] = [];
  for (let port = randomInt(10_000, 25_000); free.length < count; port += 1) {
    if (await isFree(port)) free.push(port);
  }
  return free;
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  await new Promise((resolve) => server.close(resolve));
  return true;
}
