import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { lastingPort } from './lasting-port.js';
import { answers, installed, ServerProcess } from './server-process.js';

export const hasRedis = installed('redis-server');

/** A `redis-server` of our own, on a free port, that keeps nothing. */
export class RedisServer extends ServerProcess {
  private constructor(
    args: readonly string[],
    port: number,
    private readonly directory: string,
  ) {
    super('redis-server', args, port);
  }

  static async begin(args: readonly string[] = []): Promise<RedisServer> {
    const port = await lastingPort();
    const directory = await mkdtemp(join(tmpdir(), 'redis-'));
    const own = `--port ${port} --bind 127.0.0.1 --dir ${directory} --appendonly no`.split(' ');
    const server = new RedisServer([...own, '--save', '', ...args], port, directory);
    await server.start();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Ends it for good. */
  async stop(): Promise<void> {
    await this.kill();
    await rm(this.directory, { recursive: true, force: true });
  }

  responds(): Promise<boolean> {
    return answers(this.port, 'PING\r\n');
  }

  /** Runs a command by `redis-cli`. */
  async command(...args: string[]): Promise<string> {
    const { stdout } = await promisify(execFile)('redis-cli', ['-p', String(this.port), ...args]);
    return stdout.trim();
  }

  /** Cuts all connections. */
  async cut(): Promise<number> {
    return (await this.cutThe('normal')) + (await this.cutThe('pubsub'));
  }

  /** Cuts the connections that listen, or those that do not. */
  async cutThe(kind: 'normal' | 'pubsub'): Promise<number> {
    return Number(await this.command('CLIENT', 'KILL', 'TYPE', kind));
  }

  /** How many clients are connected, this question not counted. */
  async clients(): Promise<number> {
    return (await this.command('CLIENT', 'LIST')).split('\n').length - 1;
  }
}
