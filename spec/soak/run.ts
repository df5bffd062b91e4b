// Everything at once, for a while, against one server process: clients that work, come back, cut,
// abort, send what is malformed, and read nothing; tools and hooks that fail; broadcasts; closes.
// Prints what was done, and what is left; nothing may be.
//
//   npm run test:soak -- --minutes 10 --seed 3 --sessions 500
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { parseArgs } from 'node:util';

import { Report } from '../../scripts/report.js';
import { seededRandom } from '../support/cut-plan.js';
import { Host } from './host.js';
import { passersBy, residents, type Life } from './lives.js';
import type { State } from './orders.js';
import { hangUp } from './roaming-client.js';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '2' },
    seed: { type: 'string', default: '1' },
    sessions: { type: 'string', default: '500' },
  },
});
const SESSIONS = Number(values.sessions);
/** Some are between two lives, or refused. */
const LANES = Math.ceil(SESSIONS * 1.2);
const SEED = Number(values.seed);
const RUN_MS = Number(values.minutes) * 60_000;
/** Before the heap is first measured, all code has run and all caches are full. */
const WARM_UP_MS = Math.min(RUN_MS / 4, 20_000);
/** Sessions of those who are away, stalled and forgotten last so long at most. */
const QUIET_MS = 60_000;
const SAMPLE_MS = 2_000;
/** A leak of 1 KiB for each session would be more within some minutes. */
const HEAP_MIB = 6;
/** What the server may report: all of it is done on purpose. */
const EXPECTED_ERRORS = new Set([
  ...['hook-failed', 'hook-timeout', 'server-failed', 'internal', 'session-closed'],
  ...['buffer-overflow', 'write-timeout', 'ping-timeout', 'write-failed'],
]);

const counts = new Map<string, number>();
const faults: string[] = [];
const count = (what: string, by = 1): void => void counts.set(what, (counts.get(what) ?? 0) + by);
const fault = (what: string): void => {
  faults.push(what);
  if (faults.length <= 20) console.log(`   ${what}`);
};

const host = await Host.start(SEED);
let most = 0;
/** The longest that either event loop was late: what fails then may fail for that. */
let latest = 0;
const delay = monitorEventLoopDelay();
delay.enable();

/** All lives, one after the other in each lane, for so long. */
async function live(forMs: number, seed: number): Promise<void> {
  const deadline = performance.now() + forMs;
  const ending = (): boolean => performance.now() > deadline || !host.alive;
  const lane = async (lives: readonly Life[], number: number): Promise<void> => {
    const random = seededRandom(seed * 10_000 + number);
    // They do not all come at once.
    await new Promise((resolve) => setTimeout(resolve, random() * Math.min(5_000, forMs / 4)));
    while (!ending()) {
      const next = lives[Math.floor(random() * lives.length)]!;
      await next({ port: host.port, random, ending, count, fault });
      count('lives');
    }
  };
  const lanes = [
    ...Array.from({ length: LANES }, (_, n) => lane(residents, n)),
    ...Array.from({ length: Math.ceil(SESSIONS / 20) }, (_, n) => lane(passersBy, LANES + n)),
  ];
  const watching = watch(ending);
  await Promise.all([...lanes, watching]);
  hangUp();
}

async function watch(ending: () => boolean): Promise<void> {
  for (let samples = 0; !ending(); samples += 1) {
    await new Promise((resolve) => setTimeout(resolve, SAMPLE_MS));
    const { sessions, connections, heap, late } = await host.state();
    const lateHere = delay.max / 1e6;
    delay.reset();
    most = Math.max(most, sessions);
    latest = Math.max(latest, late, lateHere);
    if (samples % 5 > 0) continue;
    const lateness = `late ${late.toFixed()} ms there, ${lateHere.toFixed()} ms here`;
    console.log(
      `   ${sessions} sessions, ${connections} connections, ${heap.toFixed(1)} MiB; ${lateness}`,
    );
  }
}

console.log(`${SESSIONS} sessions for ${values.minutes} min, seed ${SEED}`);
await live(WARM_UP_MS, SEED);
const before = await host.quiet(QUIET_MS);
await live(RUN_MS, SEED + 1);
const after = await host.quiet(QUIET_MS);
const exit = await host.stop(10_000);
judge(before, after, exit);
// Connections that a server cut may still be waited for here.
process.exit();

function judge(before: State, after: State, exit: number | undefined): void {
  const grown = after.heap - before.heap;
  console.log(`\ndone: ${text(Object.fromEntries(counts))}`);
  console.log(`messages: ${after.messagesIn} in, ${after.messagesOut} out`);
  console.log(
    `closed: ${text(after.reasons)}; detached ${after.detached}, resumed ${after.resumed}`,
  );
  console.log(`refused: ${text(after.refused)}`);
  console.log(`errors: ${text(after.errors)}`);
  console.log(`event loops: ${latest.toFixed()} ms late at most`);
  console.log(`heap: ${before.heap.toFixed(2)} MiB before, ${after.heap.toFixed(2)} MiB after\n`);

  const report = new Report();
  const check = (name: string, holds: boolean, what: unknown): void => {
    report.add(name, holds ? undefined : String(what));
  };
  const total = (what: string): number => counts.get(what) ?? 0;
  const strange = Object.keys(after.errors).filter((code) => !EXPECTED_ERRORS.has(code));
  const { hooks } = after;
  check(`held ${most} sessions at a time`, most >= SESSIONS, `${SESSIONS} were wanted`);
  check('lost nothing', total('lost') === 0, total('lost'));
  check('repeated nothing', total('repeated') === 0, total('repeated'));
  check('answered everything rightly', faults.length === 0, `${faults.length}: ${faults[0] ?? ''}`);
  check('left no session', after.sessions === 0, after.sessions);
  check('left no connection', after.connections === 0, after.connections);
  check('left no timer', after.timers === 0, after.timers);
  check('closed each session once', after.closed === after.opened, text(after.reasons));
  check('told each open', hooks.open === after.opened, `${hooks.open} of ${after.opened}`);
  check('told each close', hooks.close === after.opened, `${hooks.close} of ${after.opened}`);
  check('told them in order', hooks.unbalanced === 0, hooks.unbalanced);
  check(`kept the heap flat: ${grown.toFixed(2)} MiB`, grown < HEAP_MIB, `${HEAP_MIB} are allowed`);
  check(
    'keeps no resource',
    text(after.resources) === text(before.resources),
    text(after.resources),
  );
  check('left no rejection unhandled', after.uncaught.length === 0, after.uncaught[0]);
  check('reported nothing strange', strange.length === 0, strange.join());
  check('ended by itself', exit === 0, exit);
  report.close();
}

function text(value: unknown): string {
  return JSON.stringify(value).replaceAll('"', '').replaceAll(',', ', ').replaceAll(':', ': ');
}
