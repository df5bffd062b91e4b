import type { NumberSequence } from '../support/program/number-sequence.js';
import type { Clients } from './clients.js';
import type { Cluster } from './cluster.js';
import type { Call, ClientSession, ClusterClient } from './cluster-client.js';

/** What was found in one phase. */
export interface Findings {
  readonly faults: string[];
  notifications: number;
  /** Left out, given twice, and given in another order. */
  lost: number;
  repeats: number;
  reordered: number;
  /** Calls that were accepted and not answered, and 404 for a session that exists. */
  hung: number;
  false404: number;
  answered: number;
  /** By status, or `lost` for those whose session ended first. */
  readonly refused: Record<string, number>;
}

/** Compares what the clients were given with what docs/several-nodes.md promises. */
export class Verifier {
  readonly #cluster: Cluster;
  readonly #clients: Clients;
  /** How many notifications of each session, and repeats among them, were counted already. */
  readonly #counted = new Map<ClientSession, Counted>();
  /** Sessions that ended although their node lives, and were reported. */
  readonly #reported = new Set<ClientSession>();

  constructor(cluster: Cluster, clients: Clients) {
    this.#cluster = cluster;
    this.#clients = clients;
  }

  /** Everything since the last call. */
  async verify(): Promise<Findings> {
    const findings: Findings = {
      faults: [...this.#cluster.crashes()],
      notifications: 0,
      lost: 0,
      repeats: 0,
      reordered: 0,
      hung: 0,
      false404: 0,
      answered: 0,
      refused: {},
    };
    const closed = await this.#cluster.askAll('closed');
    const reasons: Readonly<Record<string, string>> = Object.assign({}, ...closed);
    for (const client of this.#clients.all) this.#verifySessions(client, findings, reasons);
    await this.#verifyCalls(findings);
    return findings;
  }

  #verifySessions(
    { name, sessions, resumes }: ClusterClient,
    findings: Findings,
    reasons: Readonly<Record<string, string>>,
  ): void {
    const { isAlive, balancer } = this.#cluster;
    const latest = sessions.at(-1);
    for (const session of sessions) {
      if (session !== latest && isAlive(session.id) && !this.#reported.has(session)) {
        this.#reported.add(session);
        const why = reasons[session.id] ?? 'it has not closed';
        findings.faults.push(`${name} has lost its session, whose node lives: ${why}`);
      }
      const { count, repeated, lost, reordered, faults } = session.numbers;
      const before = this.#counted.get(session) ?? { count: 0, repeated: 0, lost: 0, reordered: 0 };
      findings.faults.push(...faults.splice(0));
      findings.repeats += repeated - before.repeated;
      findings.lost += lost - before.lost;
      findings.reordered += reordered - before.reordered;
      findings.notifications += count - before.count;
      this.#counted.set(session, { count, repeated, lost, reordered });
    }
    if (new Set(sessions.map(({ id }) => id)).size < sessions.length) {
      findings.faults.push(`${name} was given messages of a session that it had left`);
    }
    const repeats = sessions.reduce((sum, { numbers }) => sum + numbers.repeated, 0);
    const allowed = resumes ? 0 : (balancer.streams[name] ?? 0);
    if (repeats > allowed) {
      findings.faults.push(`${name} was given ${repeats} twice, in ${allowed} reconnects`);
    }
  }

  async #verifyCalls(findings: Findings): Promise<void> {
    const runs = await this.#cluster.runs();
    for (const [name, count] of runs) {
      if (count > 1) findings.faults.push(`${name} has run ${count} times`);
    }
    for (const { calls } of this.#clients.all) {
      for (const call of calls.splice(0))
        this.#verifyCall(call, runs.get(call.name) ?? 0, findings);
    }
  }

  #verifyCall({ name, outcome, error }: Call, runs: number, findings: Findings): void {
    const { balancer, isAlive, stopped } = this.#cluster;
    const posted = balancer.posts.get(name);
    balancer.posts.delete(name);
    const addFault = (what: string): void => {
      const status = String(posted?.status);
      findings.faults.push(`${name} ${what} (${status}, ${outcome}, run ${runs}×, ${error ?? ''})`);
    };
    if (outcome === 'answered') {
      findings.answered += 1;
      if (runs === 0) addFault('was answered and never ran');
      return;
    }
    const ownerLives = posted !== undefined && isAlive(posted.sessionId);
    const what = posted?.status === 202 ? 'lost' : String(posted?.status ?? 'unsent');
    const key = ownerLives || !posted ? what : `${what} with the node`;
    findings.refused[key] = (findings.refused[key] ?? 0) + 1;
    if (outcome === 'wrong') addFault('got the answer of another call');
    if (!posted) return;
    const { status } = posted;
    if (status === 202 && ownerLives) {
      findings.hung += 1;
      addFault('was accepted and not answered');
    } else if (status === 404 && ownerLives) {
      findings.false404 += 1;
      addFault('got 404 for a session that exists');
    } else if (status === 502 && stopped.size === 0) addFault('was lost by a node that lives');
    else if (status !== 202 && status !== 502 && status !== 504 && runs > 0) {
      addFault('was refused, and ran');
    } else if (status !== undefined && !EXPECTED.includes(status)) addFault('got another status');
  }
}

type Counted = Pick<NumberSequence, 'count' | 'repeated' | 'lost' | 'reordered'>;

const EXPECTED = [202, 404, 502, 503, 504];
