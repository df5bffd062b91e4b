// Programs that a script starts, watches and stops.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** A program in `folder`, with what it has printed so far. */
export class Program {
  #child;
  #isGroup;
  #printed = () => undefined;
  stdout = '';
  stderr = '';

  constructor(folder, args, env = {}, command = process.execPath) {
    // npx leaves the program that it started behind when it is killed: its group ends with it.
    this.#isGroup = command === 'npx' && process.platform !== 'win32';
    const detached = this.#isGroup;
    this.#child = spawn(command, args, { cwd: folder, env: { ...process.env, ...env }, detached });
    for (const stream of ['stdout', 'stderr']) {
      this.#child[stream].on('data', (chunk) => {
        this[stream] += chunk;
        this.#printed();
      });
    }
    this.ended = once(this.#child, 'close').then(([code]) => {
      this.#printed();
      return code;
    });
  }

  /** Waits until it has printed `text`; fails when it ends before. */
  async prints(text) {
    while (!this.stdout.includes(text)) {
      const over = this.#child.exitCode !== null || this.#child.signalCode !== null;
      assert.ok(!over, `ended without printing "${text}": ${this.stdout}${this.stderr}`);
      await new Promise((printed) => (this.#printed = printed));
    }
  }

  async stop(signal = 'SIGKILL') {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      if (this.#isGroup) process.kill(-this.#child.pid, signal);
      else this.#child.kill(signal);
    }
    return this.ended;
  }
}

export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
}
