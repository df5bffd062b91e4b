import type { NumberSequence } from '../../support/program/number-sequence.js';
import type { KnownSettings, Sent } from './answers.js';

export interface CallRecord {
  readonly name: string;
  /** `interrupted`: its node has ended, and it may have run. `refused`: by any other error. */
  outcome: 'pending' | 'answered' | 'wrong' | 'interrupted' | 'refused';
  error?: string;
}

/** What a client was given. */
export interface ClientRecord {
  readonly name: string;
  /** One message may come again for each reconnect. */
  readonly mayRepeat: boolean;
  /** It has left before the end. */
  readonly passing: boolean;
  /** Can be asked by the server. */
  readonly asks: boolean;
  readonly uri: string;
  /** By the node that has sent them and whom to. */
  readonly sequences: ReadonlyMap<string, NumberSequence>;
  readonly sessions: readonly string[];
  readonly reconnects: number;
  /** How often it has said `initialize`. */
  readonly initializes: number;
  /** Messages below the level that it has asked for. */
  readonly unwanted: number;
  readonly calls: readonly CallRecord[];
  /** What its server knew of it, at last. */
  readonly settings: readonly KnownSettings[];
}

/** What nodes and clients tell of a run. */
export interface Evidence {
  readonly clients: readonly ClientRecord[];
  readonly sent: readonly Sent[];
  /** How often each call has run, and calls of each session. */
  readonly runs: ReadonlyMap<string, number>;
  readonly runsOf: ReadonlyMap<string, number>;
  /** Calls may be refused with 503 and 504. */
  readonly mayRefuse?: boolean;
}

export interface Verdict {
  readonly faults: readonly string[];
  readonly summary: string;
}

/** Holds what clients were given against what a deploy promises them. */
export function judge(evidence: Evidence): Verdict {
  const { clients, sent } = evidence;
  const faults = clients.flatMap((client) => [
    ...sequenceFaults(client, sent),
    ...sessionFaults(client),
    ...callFaults(client, evidence),
    ...settingsFaults(client, evidence.runsOf),
  ]);
  for (const { node, refused } of sent) {
    for (const [code, count] of Object.entries(refused)) {
      faults.push(`${count} notifications of ${node} were refused: ${code}`);
    }
  }
  return { faults, summary: summaryOf(evidence) };
}

function sequenceFaults(client: ClientRecord, sent: readonly Sent[]): string[] {
  const faults = [...client.sequences.values()].flatMap((sequence) => sequence.faults);
  const repeated = sumOf(client, ({ repeated: count }) => count);
  const allowed = client.mayRepeat ? client.reconnects : 0;
  if (repeated > allowed) {
    faults.push(`${client.name} was given ${repeated} twice, in ${client.reconnects} reconnects`);
  }
  if (client.passing) return faults;
  for (const { node, last } of sent) {
    for (const to of ['*', ...client.sessions]) {
      const given = client.sequences.get(`${node} ${to}`)?.last ?? 0;
      const all = last[to] ?? 0;
      if (given !== all) faults.push(`${client.name} has ${given} of ${all} (${node} ${to})`);
    }
  }
  return faults;
}

function sessionFaults({ name, sessions, initializes, passing }: ClientRecord): string[] {
  const faults: string[] = [];
  if (sessions.length !== 1) faults.push(`${name} was in ${sessions.length} sessions`);
  if (!passing && initializes !== 1)
    faults.push(`${name} has said initialize ${initializes} times`);
  return faults;
}

function callFaults({ calls }: ClientRecord, { runs, mayRefuse }: Evidence): string[] {
  const faults: string[] = [];
  for (const { name, outcome, error = '' } of calls) {
    const count = runs.get(name) ?? 0;
    const what = `${name} (${outcome}, run ${count} times, ${error})`;
    if (outcome === 'pending') faults.push(`${what} hangs`);
    else if (outcome === 'wrong') faults.push(`${what} got the answer of another call`);
    else if (count > 1) faults.push(`${what} has run again`);
    else if (outcome === 'answered' && count === 0) faults.push(`${what} never ran`);
    else if (outcome !== 'refused') continue;
    else if (mayRefuse !== true || !/50[34]/.test(error)) faults.push(`${what} was refused`);
    else if (count > 0 && error.includes('503')) faults.push(`${what} was refused, and ran`);
  }
  return faults;
}

function settingsFaults(client: ClientRecord, runsOf: ReadonlyMap<string, number>): string[] {
  const { name, settings, uri, asks, unwanted, passing, sessions } = client;
  const faults: string[] = [];
  if (!passing && unwanted > 0) faults.push(`${name} was given ${unwanted} below its level`);
  const known = settings.at(-1);
  if (!known) return [...faults, `${name} did not learn what its server knows`];
  const expected: Omit<KnownSettings, 'calls'> = {
    session: sessions[0] ?? '',
    subscriptions: passing ? [] : [uri],
    client: passing ? known.client : name,
    asks,
  };
  const { calls, ...rest } = known;
  for (const key of ['session', 'subscriptions', 'client', 'asks'] as const) {
    const [is, was] = [JSON.stringify(rest[key]), JSON.stringify(expected[key])];
    if (is !== was) faults.push(`the server of ${name} knows ${key} as ${is}, not ${was}`);
  }
  const ran = runsOf.get(known.session) ?? 0;
  if (calls !== ran) faults.push(`session.data of ${name} counts ${calls} calls of ${ran}`);
  return faults;
}

function summaryOf({ clients }: Evidence): string {
  const total = (count: (client: ClientRecord) => number): number =>
    clients.reduce((sum, client) => sum + count(client), 0);
  const outcomes = (outcome: CallRecord['outcome']): number =>
    total(({ calls }) => calls.filter((call) => call.outcome === outcome).length);
  const messages = total((client) => sumOf(client, ({ count }) => count));
  const lost = total((client) => sumOf(client, (sequence) => sequence.lost));
  const repeated = total((client) => sumOf(client, (sequence) => sequence.repeated));
  const reordered = total((client) => sumOf(client, (sequence) => sequence.reordered));
  return [
    `${clients.length} clients, ${total(({ reconnects }) => reconnects)} reconnects`,
    `${messages} notifications, ${lost} lost, ${repeated} repeated, ${reordered} reordered`,
    `${outcomes('answered')} calls answered, ${outcomes('interrupted')} interrupted` +
      `, ${outcomes('refused')} refused, ${outcomes('pending')} hung`,
  ].join('; ');
}

function sumOf({ sequences }: ClientRecord, count: (of: NumberSequence) => number): number {
  return [...sequences.values()].reduce((sum, sequence) => sum + count(sequence), 0);
}
