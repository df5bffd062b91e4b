import { lastingPort } from './lasting-port.js';
import { answers, installed, ServerProcess } from './server-process.js';

export const hasNats = installed('nats-server');

/** A `nats-server` of our own, on a free port. */
export class NatsServer {
  private constructor(
    readonly port: number,
    private readonly process: ServerProcess,
  ) {}

  static async start(): Promise<NatsServer> {
    const port = await lastingPort();
    const args = ['--addr', '127.0.0.1', '--port', String(port)];
    const server = new NatsServer(port, new ServerProcess('nats-server', args, port));
    await server.process.start();
    return server;
  }

  get url(): string {
    return `nats://127.0.0.1:${this.port}`;
  }

  async stop(): Promise<void> {
    await this.process.kill();
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

  // It greets everybody who connects.
  responds(): Promise<boolean> {
    return answers(this.port, '');
  }
}
