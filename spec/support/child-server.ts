import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import { onTestFinished } from 'vitest';

import type { LimitOptions } from '../../lib/index.js';
import type { Measurement } from './programs/measured-server.js';

export interface ChildServer {
  readonly url: string;
  readonly port: number;
  /** The exit code, once the process has come to its end by itself; null if it was killed. */
  readonly exit: Promise<number | null>;
  /** GET of one of the program's own paths. */
  ask<T>(path: string): Promise<T>;
  /** What is there when all sessions but so many are gone, and with the last one the timers. */
  quiet(sessions?: number): Promise<Measurement>;
}

const PROGRAM = fileURLToPath(new URL('programs/measured-server.ts', import.meta.url));

/** Starts `programs/measured-server.ts`; a process that is left is killed with the test. */
export async function startChildServer(limits: LimitOptions = {}): Promise<ChildServer> {
  const child = fork(PROGRAM, {
    execArgv: ['--import', 'tsx', '--expose-gc'],
    env: { ...process.env, SETTINGS: JSON.stringify(limits) },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  // Nothing of ours is to keep the child alive.
  child.disconnect();
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const exit = once(child, 'exit').then(([code]) => code as number | null);
  const [line] = (await once(child.stdout!, 'data')) as [Buffer];
  const port = Number(String(line));
  const url = `http://127.0.0.1:${port}`;
  const ask = async <T>(path: string): Promise<T> => {
    const response = await fetch(url + path);
    return (await response.json()) as T;
  };
  const quiet = async (sessions = 0): Promise<Measurement> => {
    for (;;) {
      const measurement = await ask<Measurement>('/measure');
      const looksAfter = sessions > 0 || measurement.timers === 0;
      if (measurement.sessions === sessions && looksAfter) return measurement;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  return { url, port, exit, ask, quiet };
}
