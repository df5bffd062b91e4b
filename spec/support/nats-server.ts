import { lastingPort } from './lasting-port.js';
import { answers, installed, ServerProcess } from './server-process.js';

export const hasNats = installed('nats-server');

/** A `nats-server` of our own, on a free port. */
export class NatsServer extends ServerProcess {
  static async begin(): Promise<NatsServer> {
    const port = await lastingPort();
    const args = ['--addr', '127.0.0.1', '--port', String(port)];
    const server = new NatsServer('nats-server', args, port);
    await server.start();
    return server;
  }

  get url(): string {
    return `nats://127.0.0.1:${this.port}`;
  }

  stop(): Promise<void> {
    return this.kill();
  }

  // It greets everybody who connects.
  responds(): Promise<boolean> {
    return answers(this.port, '');
  }
}
