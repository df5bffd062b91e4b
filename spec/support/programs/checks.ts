// A program of a few checks, for the spec of the runner. It prints its folder for temporary files.
// Its child process shares its stdout, which therefore ends with both of them.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';

import { runProgram } from '../program/program.js';

await runProgram({
  name: 'checks',
  flags: {
    only: { default: 'passes', help: 'passes, fails, skips, throws, rejects or waits' },
    count: { default: 1, help: 'how many checks' },
  },
  async run({ only, count }, report) {
    const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 120_000)'], {
      stdio: ['ignore', 'inherit', 'ignore'],
    });
    await once(child, 'spawn');
    console.log(`folder ${tmpdir()}`);
    for (let number = 1; number <= count; number += 1) {
      if (only === 'passes') report.add(`check ${number}`, undefined);
      if (only === 'skips') report.skip(`check ${number}`, 'it cannot run');
      if (only === 'fails') report.add(`check ${number}`, ['one thing', 'another']);
    }
    if (only === 'throws') throw new Error('of the program');
    if (only === 'rejects') void Promise.reject(new Error('handled nowhere'));
    // Resolves when the rejection has been reported.
    await new Promise((resolve) => setImmediate(resolve));
    if (only === 'waits') await once(child, 'exit');
  },
  expectsRejection: (reason) => String(reason).includes('expected'),
});
