import { parseArgs } from 'node:util';

/** A flag of a program: `--seconds 30`. */
export interface Flag {
  /** Its type is the type of the flag. */
  readonly default: number | string;
  readonly help: string;
}

export type Flags = Readonly<Record<string, Flag>>;

export type FlagValues<Known extends Flags> = {
  readonly [Name in keyof Known]: Known[Name]['default'] extends number ? number : string;
};

/** The command line is wrong. */
export class FlagError extends Error {}

/**
 * The values of the flags. A word without a flag is the value of `only`, where a program has that.
 *
 * @throws FlagError for an unknown flag, or one that should be a number and is not
 */
export function parseFlags<Known extends Flags>(
  known: Known,
  args: readonly string[],
): FlagValues<Known> {
  const { values, positionals } = parsed(known, args);
  const only = positionals.length > 0 ? { only: positionals.join(' ') } : {};
  if ('only' in only && !('only' in known)) throw new FlagError(`What is "${only.only}"?`);
  const given: Readonly<Record<string, string | undefined>> = { ...values, ...only };
  const entries = Object.entries(known).map(([name, flag]) => [name, valueOf(name, flag, given)]);
  return Object.fromEntries(entries) as FlagValues<Known>;
}

/** What `--help` prints. */
export function usage(program: string, flags: Flags): string {
  const rows = Object.entries(flags).map(([name, { default: value, help }]) => {
    return `  --${name.padEnd(10)} ${help}${value === '' ? '' : ` (${value})`}`;
  });
  return [`npm run ${program} -- [flags]`, ...rows].join('\n');
}

function parsed(
  known: Flags,
  args: readonly string[],
): { values: Record<string, string>; positionals: string[] } {
  const names = Object.keys(known);
  const options = Object.fromEntries(names.map((name) => [name, { type: 'string' }] as const));
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    return { values: values as Record<string, string>, positionals };
  } catch (error) {
    throw new FlagError(error instanceof Error ? error.message : String(error));
  }
}

function valueOf(
  name: string,
  flag: Flag,
  given: Readonly<Record<string, string | undefined>>,
): number | string {
  const text = given[name];
  if (text === undefined) return flag.default;
  if (typeof flag.default === 'string') return text;
  const number = Number(text);
  if (text.trim() === '' || !(number >= 0) || number === Infinity) {
    throw new FlagError(`--${name} takes a number, not "${text}".`);
  }
  return number;
}
