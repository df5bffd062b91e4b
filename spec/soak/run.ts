// Everything at once, for a while, against one server process: clients that work, come back, cut,
// abort, send what is malformed, and read nothing; tools and hooks that fail; broadcasts; closes.
// Prints what was done, and what is left; nothing may be.
import { ForkedProgram } from '../support/program/forked-program.js';
import { runProgram } from '../support/program/program.js';
import type { SoakProtocol } from './requests.js';
import { Soak } from './soak.js';

const PROGRAM = new URL('server.ts', import.meta.url);

await runProgram({
  name: 'test:soak',
  flags: {
    minutes: { default: 2, help: 'how long clients come and go' },
    seed: { default: 1, help: 'another seed is another course of events' },
    sessions: { default: 500, help: 'how many are to be open at a time' },
  },
  async run({ minutes, seed, sessions }, report) {
    const { program, ready } = await ForkedProgram.start<SoakProtocol>(PROGRAM, [String(seed)]);
    const soak = new Soak(program, ready, sessions);
    const runMs = minutes * 60_000;
    console.log(`${sessions} sessions for ${minutes} min, seed ${seed}`);
    // Before the heap is first measured, all code has run and all caches are full.
    await soak.run(Math.min(runMs / 4, 20_000), seed);
    const before = await soak.quiet();
    await soak.run(runMs, seed + 1);
    const after = await soak.quiet();
    soak.print(before, after);
    soak.check(before, after, report);
    await report.check('ended by itself', program.terminate(10_000));
    report.add('wrote nothing to stderr', program.stderr || undefined);
  },
});
