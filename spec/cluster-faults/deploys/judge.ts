import type { KnownSettings } from './answers.js';
import { ownerFaults } from './owners.js';
import {
  isUntold,
  lostSessions,
  mayMissBroadcasts,
  type CallRecord,
  type ClientRecord,
  type Evidence,
} from './records.js';
import { summaryOf } from './summary.js';

/** What became of the clients of one kind. */
export interface KindVerdict {
  readonly kind: string;
  readonly faults: readonly string[];
  readonly summary: string;
}

export interface Verdict {
  /** All of them, those of `kinds` included. */
  readonly faults: readonly string[];
  readonly summary: string;
  readonly kinds: readonly KindVerdict[];
}

/** Holds what clients were given against what docs/several-nodes.md promises them. */
export function judge(evidence: Evidence): Verdict {
  const { clients, sent } = evidence;
  const kinds = [...new Set(clients.map(({ kind }) => kind))].map((kind): KindVerdict => {
    const own = clients.filter((client) => client.kind === kind);
    const faults = own.flatMap((client) => clientFaults(client, evidence));
    return { kind, faults, summary: summaryOf(own, evidence) };
  });
  const faults = kinds.flatMap((kind) => kind.faults);
  for (const { node, refused } of evidence.mayLose === true ? [] : sent) {
    for (const [code, count] of Object.entries(refused)) {
      faults.push(`${count} notifications of ${node} were refused: ${code}`);
    }
  }
  return { faults, summary: summaryOf(clients, evidence), kinds };
}

function clientFaults(client: ClientRecord, evidence: Evidence): string[] {
  return [
    ...sequenceFaults(client, evidence),
    ...sessionFaults(client),
    ...ownerFaults(client),
    ...callFaults(client, evidence),
    ...settingsFaults(client, evidence.runsOf),
  ];
}

function sequenceFaults(client: ClientRecord, evidence: Evidence): string[] {
  const { sent } = evidence;
  const faults = [...client.sequences].flatMap(([source, sequence]) => {
    const mayMiss = mayMissBroadcasts(client, source, evidence) && sequence.reordered === 0;
    return mayMiss ? [] : sequence.faults;
  });
  const repeated = [...client.sequences.values()].reduce((sum, each) => sum + each.repeated, 0);
  const allowed = client.mayRepeat ? client.reconnects : 0;
  if (repeated > allowed) {
    faults.push(`${client.name} was given ${repeated} twice, in ${client.reconnects} reconnects`);
  }
  if (client.passing) return faults;
  const own = lostSessions(client) > 0 ? client.sessions.slice(-1) : ['*', ...client.sessions];
  for (const { node, last } of sent) {
    for (const to of own) {
      const given = client.sequences.get(`${node} ${to}`)?.last ?? 0;
      const all = last[to] ?? 0;
      if (given !== all) faults.push(`${client.name} has ${given} of ${all} (${node} ${to})`);
    }
  }
  return faults;
}

function sessionFaults(client: ClientRecord): string[] {
  const { name, sessions, initializes, passing, beginsAnew, mayLose } = client;
  const faults: string[] = [];
  const lost = lostSessions(client);
  if (sessions.length !== 1 + lost) faults.push(`${name} was in ${sessions.length} sessions`);
  if (passing) return faults;
  // A session may be lost before it was given anything.
  const most = beginsAnew && mayLose ? Infinity : 1;
  if (initializes < (beginsAnew ? 1 + lost : 1) || initializes > most) {
    faults.push(`${name} has said initialize ${initializes} times`);
  }
  return faults;
}

function callFaults(client: ClientRecord, evidence: Evidence): string[] {
  const { calls } = client;
  const { runs, mayRefuse = [] } = evidence;
  const faults: string[] = [];
  for (const call of calls) {
    const { name, outcome, error = '' } = call;
    const count = runs.get(name) ?? 0;
    const { sessionId = 'none', status } = evidence.posts?.get(name) ?? {};
    const posted = `posted to ${sessionId}: ${status ?? 'no answer'}`;
    const what = `${name} (${outcome}, run ${count} times, ${posted}, ${error})`;
    if (outcome === 'pending' && !isUntold(call, evidence)) faults.push(`${what} hangs`);
    else if (outcome === 'wrong') faults.push(`${what} got the answer of another call`);
    else if (count > 1) faults.push(`${what} has run again`);
    else if (outcome === 'answered' && count === 0) faults.push(`${what} never ran`);
    else if (outcome !== 'refused') continue;
    else if (is404(call, client, evidence)) faults.push(`${what} got 404 for a session that lives`);
    // Its program has closed the connection, because its session was gone.
    else if ((mayRefuse.includes(404) || client.mayLose) && /closed/i.test(error)) continue;
    else if (!mayRefuse.some((status) => error.includes(String(status)))) {
      faults.push(`${what} was refused`);
    } else if (count > 0 && error.includes('503')) faults.push(`${what} was refused, and ran`);
  }
  return faults;
}

/** Whether its POST got 404 for the session that the client has to the end. */
function is404({ name }: CallRecord, { sessions }: ClientRecord, { posts }: Evidence): boolean {
  const posted = posts?.get(name);
  return posted?.status === 404 && posted.sessionId === sessions.at(-1);
}

function settingsFaults(client: ClientRecord, runsOf: ReadonlyMap<string, number>): string[] {
  const { name, settings, uri, asks, unwanted, passing, sessions, beginsAnew } = client;
  const faults: string[] = [];
  const known = settings.at(-1);
  if (passing && client.mayLose && !known) return faults;
  if (!known) return [`${name} did not learn what its server knows`];
  // The server of a session that has come instead of one that is gone knows nothing of its client.
  const isStranger = lostSessions(client) > 0 && !beginsAnew;
  if (!passing && !isStranger && unwanted > 0) {
    faults.push(`${name} was given ${unwanted} below its level`);
  }
  const expected: Omit<KnownSettings, 'calls'> = {
    session: sessions.at(-1) ?? '',
    subscriptions: passing || isStranger ? [] : [uri],
    client: passing ? known.client : isStranger ? undefined : name,
    asks: asks && !isStranger,
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
