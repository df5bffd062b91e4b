import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';

/** Whether `binary` is on this machine; says so if it is not, because specs are skipped then. */
export function installed(binary: string): boolean {
  try {
    execFileSync(binary, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    console.warn(`${binary} is not installed: the specs that need it are skipped.`);
    return false;
  }
}

/** A server program that can be killed, started again, and paused. */
export class ServerProcess {
  #child: ChildProcess | undefined;

  constructor(
    private readonly binary: string,
    private readonly args: readonly string[],
    readonly port: number,
  ) {}

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Resolves when the port is listened on; at once if it runs already. */
  async start(): Promise<void> {
    if (this.#child?.exitCode === null) return;
    const child = spawn(this.binary, this.args, { stdio: 'ignore' });
    this.#child = child;
    const deadline = performance.now() + 30_000;
    while (!(await accepts(this.port))) {
      if (child.exitCode !== null || performance.now() > deadline) {
        throw new Error(`${this.binary} did not start: ${this.args.join(' ')}`);
      }
    }
  }

  /** Kills it outright, as a crash does; resolves when it is gone. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child?.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  /** Starts it again on the same port, after `kill`. */
  restart(): Promise<void> {
    return this.start();
  }

  /** Stops it in its tracks: connections stay, nothing is answered. */
  pause(): void {
    this.#child?.kill('SIGSTOP');
  }

  continue(): void {
    this.#child?.kill('SIGCONT');
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => setTimeout(resolve, 10, false));
  });
}

/** Whether the server on `port` answers `line` at all, within a moment. */
export function answers(port: number, line: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(line));
    const done = (answered: boolean): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answered);
    };
    const timer = setTimeout(done, 250, false);
    socket.once('data', () => {
      done(true);
    });
    socket.once('error', () => {
      done(false);
    });
  });
}
