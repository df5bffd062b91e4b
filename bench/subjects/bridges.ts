/** Bridges from HTTP+SSE to a stdio server, each a child of its subject's process. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { install } from '../../scripts/install.js';
import { lastingPort } from '../../spec/support/lasting-port.js';
import { ServerProcess } from '../../spec/support/server-process.js';
import { builtEntry } from '../paths.js';
import type { Subject } from './index.js';

export const bridgeVersions = { 'mcp-proxy': '6.7.19', supergateway: '4.0.0' };
/** What it costs is as little as can be, so that what is measured is the bridge. */
export const stdioServer = fileURLToPath(new URL('stdio-server.mjs', import.meta.url));

/** Installs those of others. @throws Error where CPU time cannot be read */
export async function installBridges(): Promise<string> {
  if (!existsSync('/proc/self/stat')) throw new Error('bridges need Linux');
  return install('bench-bridge', bridgeVersions);
}

/** In `place`, by the arguments of Node that start it on a port. */
const commands = {
  'ours-bridge': (_: string, port: string) => [
    ...[fileURLToPath(new URL('cli/main.js', builtEntry)), 'bridge', '--port', port],
    ...['--', process.execPath, stdioServer],
  ],
  'mcp-proxy': (place: string, port: string) => [
    ...[`${place}mcp-proxy/dist/bin/mcp-proxy.mjs`, '--host', '127.0.0.1', '--port', port],
    ...['--server', 'sse', '--', process.execPath, stdioServer],
  ],
  supergateway: (place: string, port: string) => [
    ...[`${place}supergateway/dist/index.js`, '--port', port, '--logLevel', 'none'],
    ...['--stdio', `${process.execPath} ${stdioServer}`],
  ],
};

export async function bridge(name: keyof typeof commands): Promise<Subject> {
  const place = `${await installBridges()}node_modules/`;
  const port = await lastingPort();
  const child = new ServerProcess(process.execPath, commands[name](place, String(port)), port);
  process.once('exit', () => void child.kill());
  await child.start();
  const cpu = () => cpuOf(child.pid);
  return { server: port, sessions: () => [], broadcast: () => undefined, cpu };
}

/** The µs that a process has used, by hundredths of a second. */
function cpuOf(pid: number | undefined): number {
  const stat = readFileSync(`/proc/${pid ?? ''}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}
