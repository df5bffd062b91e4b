import type { ChildProcess } from 'node:child_process';
import { subscribe } from 'node:diagnostics_channel';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Kills every child process of this one when it exits, including those of libraries, and removes the
 * temporary files of all of them. Programs call it before they start anything.
 */
export function endChildrenAtExit(): void {
  const running = new Set<ChildProcess>();
  // [node] Published for every child process, those of libraries too.
  subscribe('child_process', (message) => {
    const { process: child } = message as { process: ChildProcess };
    running.add(child);
    child.once('exit', () => running.delete(child));
  });
  const folder = mkdtempSync(join(tmpdir(), 'program-'));
  // `os.tmpdir()` reads it, here and in the children.
  process.env.TMPDIR = folder;
  process.on('exit', () => {
    for (const child of running) child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });
}
