// What the programs below spec/ have in common that are no vitest runs: test:cluster, test:soak,
// test:proxies and test:clients.
import { Report } from '../../../scripts/report.js';
import { endChildrenAtExit } from './children.js';
import { FlagError, parseFlags, usage, type FlagValues, type Flags } from './flags.js';

export interface Program<Known extends Flags> {
  /** What follows `npm run` on the command line. */
  readonly name: string;
  readonly flags: Known;
  /** Makes the checks. What it throws fails the run. */
  run(flags: FlagValues<Known>, report: Report): Promise<void>;
  /** Whether a rejection that is handled nowhere is known, and no failure. */
  readonly expectsRejection?: (reason: unknown) => boolean;
}

/**
 * Runs a program: parses its flags, makes its checks, prints `N passed, N failed[, N skipped]` as
 * the last line, and exits: 0 when no check has failed and one was made or skipped, 1 otherwise, 2
 * for a flag that it does not know. Child processes and temporary files do not outlive it, also
 * when a signal ends it.
 */
export async function runProgram<const Known extends Flags>(
  program: Program<Known>,
): Promise<never> {
  const flags = flagsOrExit(program);
  const report = new Report();
  const finish = (): never => {
    report.close();
    process.exit();
  };
  endChildrenAtExit();
  for (const [signal, number] of SIGNALS) {
    // A second signal, as Ctrl-C and npm both send one, must not end it before its children.
    process.on(signal, () => {
      report.add('the run', `ended by ${signal}`);
      report.close();
      process.exit(128 + number);
    });
  }
  process.on('uncaughtException', (error) => {
    report.add('no uncaught exception', textOf(error));
    finish();
  });
  process.on('unhandledRejection', (reason) => {
    if (program.expectsRejection?.(reason)) return;
    report.add('no unhandled rejection', textOf(reason));
  });
  try {
    await program.run(flags, report);
  } catch (error) {
    report.add('the run', textOf(error));
  }
  return finish();
}

const SIGNALS = [
  ['SIGHUP', 1],
  ['SIGINT', 2],
  ['SIGTERM', 15],
] as const;

function flagsOrExit<Known extends Flags>({ name, flags }: Program<Known>): FlagValues<Known> {
  const args = process.argv.slice(2);
  if (args.includes('--help')) {
    console.log(usage(name, flags));
    process.exit(0);
  }
  try {
    return parseFlags(flags, args);
  } catch (error) {
    if (!(error instanceof FlagError)) throw error;
    console.error(`${error.message}\n\n${usage(name, flags)}`);
    process.exit(2);
  }
}

function textOf(reason: unknown): string {
  return reason instanceof Error ? (reason.stack ?? reason.message) : String(reason);
}
