import { lastingPort } from './lasting-port.js';
import { ServerProcess } from './server-process.js';

interface Member {
  readonly server: ServerProcess;
  readonly monitorPort: number;
}

/** Three `nats-server`s that know of each other. */
export class NatsTrio {
  private constructor(private readonly members: readonly Member[]) {}

  static async begin(): Promise<NatsTrio> {
    const routes = [await lastingPort(), await lastingPort(), await lastingPort()];
    const urls = routes.map((port) => `nats-route://127.0.0.1:${port}`);
    const members = routes.map(async (route): Promise<Member> => {
      const [port, monitorPort] = [await lastingPort(), await lastingPort()];
      const args = ['--addr', '127.0.0.1', '--port', String(port), '-m', String(monitorPort)];
      const cluster = ['--cluster_name', 'spec', '--cluster', `nats://127.0.0.1:${route}`];
      const server = new ServerProcess(
        'nats-server',
        [...args, ...cluster, '--routes', urls.join()],
        port,
      );
      await server.start();
      return { server, monitorPort };
    });
    const trio = new NatsTrio(await Promise.all(members));
    await trio.#formed();
    return trio;
  }

  get ports(): string {
    return this.members.map(({ server }) => server.port).join();
  }

  /** Kills the server with most clients; resolves when the others have them, with the seconds. */
  async failOver(): Promise<number> {
    const counts = await Promise.all(this.members.map(clientsOf));
    const all = counts.reduce((sum, count) => sum + count, 0);
    const at = counts.indexOf(Math.max(...counts));
    const killed = this.members[at];
    if (!killed || all === 0) throw new Error('no server has clients');
    const began = performance.now();
    await killed.server.kill();
    const others = this.members.filter((member) => member !== killed);
    for (;;) {
      const now = await Promise.all(others.map(clientsOf));
      if (now.reduce((sum, count) => sum + count, 0) >= all) break;
      if (performance.now() - began > 30_000) throw new Error('the clients do not come back');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const seconds = (performance.now() - began) / 1_000;
    await killed.server.restart();
    return seconds;
  }

  async stop(): Promise<void> {
    for (const { server } of this.members) await server.kill();
  }

  async #formed(): Promise<void> {
    const deadline = performance.now() + 30_000;
    for (const member of this.members) {
      while ((await askMonitor(member)).routes === 0) {
        if (performance.now() > deadline) throw new Error('the servers do not meet');
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }
}

const clientsOf = async (member: Member): Promise<number> => (await askMonitor(member)).connections;

async function askMonitor({
  monitorPort,
}: Member): Promise<{ connections: number; routes: number }> {
  const answer = await fetch(`http://127.0.0.1:${monitorPort}/varz`);
  return (await answer.json()) as { connections: number; routes: number };
}
