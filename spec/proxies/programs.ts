import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { ServerProcess } from '../support/server-process.js';

export type ProxyName = 'nginx' | 'haproxy';

interface ProxyProgram {
  /** Where Debian has it; that need not be on the PATH of a user who is not root. */
  readonly path: string;
  /** Runs it in the foreground. */
  readonly run: (folder: string, file: string) => string[];
  /** Only checks the configuration. */
  readonly check: (folder: string, file: string) => string[];
}

const PROGRAMS: Readonly<Record<ProxyName, ProxyProgram>> = {
  nginx: {
    path: '/usr/sbin/nginx',
    run: (folder, file) => ['-p', folder, '-c', file],
    check: (folder, file) => ['-t', '-p', folder, '-c', file],
  },
  haproxy: {
    path: '/usr/sbin/haproxy',
    run: (_, file) => ['-db', '-f', file],
    check: (_, file) => ['-c', '-f', file],
  },
};

export const isInstalled = (name: ProxyName): boolean => existsSync(PROGRAMS[name].path);

/** Lets the proxy check its configuration. @throws (as a rejection) with what it complains of */
export async function checkConfig(name: ProxyName, config: string): Promise<void> {
  const { folder, file } = await written(name, config);
  try {
    await check(name, folder, file);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function written(name: string, config: string): Promise<{ folder: string; file: string }> {
  const folder = await mkdtemp(join(tmpdir(), `${name}-`));
  const file = join(folder, 'proxy.conf');
  await writeFile(file, config.replaceAll('FOLDER', folder));
  return { folder, file };
}

async function check(name: ProxyName, folder: string, file: string): Promise<void> {
  const { path, check: argumentsOf } = PROGRAMS[name];
  await promisify(execFile)(path, argumentsOf(folder, file));
}

/** A proxy that runs in the foreground, on its own configuration, in a folder of its own. */
export class ProxyProcess extends ServerProcess {
  private constructor(
    path: string,
    args: readonly string[],
    port: number,
    private readonly folder: string,
  ) {
    super(path, args, port);
  }

  /** Starts it, and resolves once it accepts connections at `port`. */
  static async start(name: ProxyName, port: number, config: string): Promise<ProxyProcess> {
    const { path, run } = PROGRAMS[name];
    const { folder, file } = await written(name, config);
    await check(name, folder, file);
    const proxy = new ProxyProcess(path, run(folder, file), port, folder);
    await proxy.start();
    return proxy;
  }

  async stop(): Promise<void> {
    await this.kill();
    await rm(this.folder, { recursive: true, force: true });
  }
}
