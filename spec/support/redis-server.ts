import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { lastingPort } from './lasting-port.js';
import { answers, installed, ServerProcess } from './server-process.js';

export const hasRedis = installed('redis-server');

/** A `redis-server` of our own, on a free port, that keeps nothing. */
export class RedisServer {
  private constructor(
    readonly port: number,
    private readonly directory: string,
    private readonly process: ServerProcess,
  ) {}

  static async start(args: readonly string[] = []): Promise<RedisServer> {
    const port = await lastingPort();
    const directory = await mkdtemp(join(tmpdir(), 'redis-'));
    const server = new RedisServer(
      port,
      directory,
      new ServerProcess(
        'redis-server',
        `--port ${port} --bind 127.0.0.1 --dir ${directory} --appendonly no`
          .split(' ')
          .concat('--save', '', ...args),
        port,
      ),
    );
    await server.process.start();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Ends it for good. */
  async stop(): Promise<void> {
    await this.process.kill();
    await rm(this.directory, { recursive: true, force: true });
  }

  async kill(): Promise<void> {
    await this.process.kill();
  }

  /** Starts it again on the same port, after `kill`. */
  async restart(): Promise<void> {
    await this.process.start();
  }

  pause(): void {
    this.process.pause();
  }

  continue(): void {
    this.process.continue();
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
