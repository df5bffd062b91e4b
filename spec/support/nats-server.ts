import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { lastingPort } from './lasting-port.js';
import { answers, installed, ServerProcess } from './server-process.js';

export const hasNats = installed('nats-server');

/** A `nats-server` of our own, on a free port. */
export class NatsServer extends ServerProcess {
  #directory: string | undefined;

  /** @param maxPayload bytes of the largest payload that it takes; its own default unless told */
  static async begin(maxPayload?: number): Promise<NatsServer> {
    const port = await lastingPort();
    const args = ['--addr', '127.0.0.1', '--port', String(port)];
    let directory: string | undefined;
    if (maxPayload !== undefined) {
      directory = await mkdtemp(join(tmpdir(), 'nats-'));
      const config = join(directory, 'nats.conf');
      await writeFile(config, `max_payload: ${maxPayload}\n`);
      args.push('--config', config);
    }
    const server = new NatsServer('nats-server', args, port);
    server.#directory = directory;
    await server.start();
    return server;
  }

  get url(): string {
    return `nats://127.0.0.1:${this.port}`;
  }

  /** Ends it for good. */
  async stop(): Promise<void> {
    await this.kill();
    if (this.#directory !== undefined) await rm(this.#directory, { recursive: true, force: true });
  }

  // It greets everybody who connects.
  responds(): Promise<boolean> {
    return answers(this.port, '');
  }
}
