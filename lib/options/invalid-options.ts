// Describes what is wrong with the options, each in one line with its remedy.
import type { z } from 'zod';

import { nearest } from '../util/spelling.js';
import { attempt } from '../util/foreign-error.js';
import { describeValue } from '../util/describe-value.js';
import { isRecord } from '../util/guards.js';
import { wrongAdapter, wrongFactory, wrongNumber } from './wrong-value.js';

/** Facts about all options, for the descriptions. */
export interface KnownOptions {
  /** Every option, as `group.name`: the suggestions for a misspelt one. */
  readonly names: readonly string[];
  /** Names of release candidates, and what they became. */
  readonly renamed: Readonly<Record<string, string>>;
  /** Options that `false` turns off. */
  readonly switches: ReadonlySet<string>;
}

/** The most unknown options that one message names. */
const MAX_UNKNOWN = 8;

/** Describes each mistake as `name: what it must be; what it is: what to write`. */
export function describeIssues(
  given: unknown,
  issues: readonly z.core.$ZodIssue[],
  known: KnownOptions,
): string {
  return issues.map((issue) => describe(given, issue, known)).join('; ');
}

/**
 * Describes a class instance that is no options object, such as a Map or a client: none of its own
 * members has the name of an option. Undefined for anything else.
 */
export function foreignInstance(
  value: unknown,
  place: string,
  known: KnownOptions,
): string | undefined {
  const kind = describeValue(value);
  if (!isRecord(value) || !kind.startsWith('an instance of ')) return undefined;
  const members = place === '' ? known.names : membersOf(place, known);
  if (members.some((name) => attempt(() => Object.hasOwn(value, name), false))) return undefined;
  if (place === '') return `the options must be a plain object; they are ${kind}`;
  return `${place}: must be a plain object; it is ${kind}`;
}

function describe(
  given: unknown,
  issue: z.core.$ZodIssue,
  known: KnownOptions,
  within: readonly PropertyKey[] = [],
): string {
  const path = [...within, ...issue.path];
  const place = path.join('.');
  const value = valueAt(given, path);
  if (issue.code === 'unrecognized_keys') return describeUnknown(issue.keys, place, known);
  if (issue.code === 'invalid_union') {
    // The alternative that has looked inside the value describes its mistake best.
    const inside = issue.errors.find((issues) => issues.some((inner) => inner.path.length > 0));
    const nearer = inside ?? (isRecord(value) ? issue.errors.find(hasUnknownKeys) : undefined);
    if (nearer) return nearer.map((inner) => describe(given, inner, known, path)).join('; ');
  }
  if (place === '') return issue.message;
  return `${place}: ${problemOf(issue, place, value, known)}`;
}

function problemOf(
  issue: z.core.$ZodIssue,
  place: string,
  value: unknown,
  known: KnownOptions,
): string {
  if (place === 'server') return wrongFactory(value);
  if (place === 'adapter') return wrongAdapter(value);
  if (isAboutNumber(issue) || (issue.code === 'invalid_union' && place.endsWith('Ms')))
    return wrongNumber(place, value, known.switches.has(place));
  const needed = neededBy(issue, place, known);
  // A rule about several members needs neither the value nor a remedy.
  if (!needed.startsWith('must be ')) return needed;
  return `${needed}; it is ${describeValue(value)}${remedyFor(value, place, needed, known)}`;
}

function neededBy(issue: z.core.$ZodIssue, place: string, known: KnownOptions): string {
  if (issue.code !== 'invalid_type') return issue.message;
  if (issue.expected === 'boolean') return 'must be true or false';
  if (issue.expected === 'string') return 'must be a string';
  if (issue.expected !== 'object') return `must be ${issue.expected}`;
  const [member] = membersOf(place, known);
  return `must be an object${member === undefined ? '' : `, such as { ${member}: … }`}`;
}

function remedyFor(value: unknown, place: string, needed: string, known: KnownOptions): string {
  const kind = describeValue(value);
  if (kind === 'a promise') return ': await it first';
  if (kind === 'null') return ': leave it out for the default';
  const [member] = membersOf(place, known);
  if (typeof value === 'number' && member?.endsWith('Ms') && needed.includes('object'))
    return `: write ${place}: { ${member}: ${kind} }`;
  return '';
}

/** The names of a group's members. */
function membersOf(group: string, { names }: KnownOptions): string[] {
  return names
    .filter((name) => name.startsWith(`${group}.`))
    .map((name) => name.slice(group.length + 1));
}

function isAboutNumber(issue: z.core.$ZodIssue): boolean {
  if (issue.code === 'too_small' || issue.code === 'too_big')
    return issue.origin === 'number' || issue.origin === 'int';
  return issue.code === 'invalid_type' && ['number', 'int'].includes(issue.expected);
}

const hasUnknownKeys = (issues: readonly z.core.$ZodIssue[]): boolean =>
  issues.some(({ code }) => code === 'unrecognized_keys');

function describeUnknown(keys: readonly string[], place: string, known: KnownOptions): string {
  const lines = keys.slice(0, MAX_UNKNOWN).map((key) => misspelt(key, place, known));
  const more = keys.length - lines.length;
  return [...lines, ...(more > 0 ? [`and ${String(more)} more`] : [])].join('; ');
}

function misspelt(key: string, place: string, { names, renamed }: KnownOptions): string {
  const name = place ? `${place}.${key}` : key;
  // Of two names that are equally similar, prefer the one of the same group.
  const siblings = names.filter((each) => each.startsWith(`${place}.`));
  const former = Object.hasOwn(renamed, name) ? renamed[name] : undefined;
  const meant = former ?? nearest(key, [...siblings, ...names]);
  return `unknown option ${name}` + (meant ? `: did you mean ${meant}?` : '');
}

function valueAt(given: unknown, path: readonly PropertyKey[]): unknown {
  let value = given;
  for (const key of path) {
    const from = value;
    value = attempt(() => (from as Record<PropertyKey, unknown>)[key], undefined);
  }
  return value;
}
