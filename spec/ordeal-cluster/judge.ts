import type { Cluster } from './cluster.js';
import type { Crowd } from './crowd.js';
import type { Call, Life, Traveller } from './traveller.js';

/** What was found in one phase. */
export interface Findings {
  readonly faults: string[];
  notifications: number;
  repeats: number;
  answered: number;
  /** By status, or `lost` for those whose session ended first. */
  readonly refused: Record<string, number>;
}

/** Holds what the clients were given against what was promised to them. */
export class Judge {
  readonly #cluster: Cluster;
  readonly #crowd: Crowd;
  #told = { notifications: 0, repeats: 0 };

  constructor(cluster: Cluster, crowd: Crowd) {
    this.#cluster = cluster;
    this.#crowd = crowd;
  }

  /** Of all since the last judgement. */
  async judge(): Promise<Findings> {
    const findings: Findings = {
      faults: [...this.#cluster.complaints()],
      notifications: 0,
      repeats: 0,
      answered: 0,
      refused: {},
    };
    for (const traveller of this.#crowd.travellers) this.#judgeLives(traveller, findings);
    await this.#judgeCalls(findings);
    const { notifications, repeats } = findings;
    findings.notifications -= this.#told.notifications;
    findings.repeats -= this.#told.repeats;
    this.#told = { notifications, repeats };
    return findings;
  }

  #judgeLives({ name, lives, resumes }: Traveller, findings: Findings): void {
    const { isAlive } = this.#cluster;
    let repeats = 0;
    for (const [index, life] of lives.entries()) {
      const isLast = index === lives.length - 1;
      if (!isLast && isAlive(life.sessionId)) {
        findings.faults.push(`${name} has lost its session, whose node lives`);
      }
      repeats += repeatsIn(name, life, findings.faults);
      findings.notifications += life.seen.length;
    }
    if (new Set(lives.map(({ sessionId }) => sessionId)).size < lives.length) {
      findings.faults.push(`${name} was given messages of a session that it had left`);
    }
    findings.repeats += repeats;
    const allowed = resumes ? 0 : (this.#cluster.balancer.streams[name] ?? 0);
    if (repeats > allowed) {
      findings.faults.push(`${name} was given ${repeats} twice, in ${allowed} reconnects`);
    }
  }

  async #judgeCalls(findings: Findings): Promise<void> {
    const runs = await this.#cluster.runs();
    for (const [name, count] of runs) {
      if (count > 1) findings.faults.push(`${name} has run ${count} times`);
    }
    for (const { calls } of this.#crowd.travellers) {
      for (const call of calls.splice(0)) this.#judgeCall(call, runs.get(call.name) ?? 0, findings);
    }
  }

  #judgeCall({ name, outcome, why }: Call, runs: number, findings: Findings): void {
    const { balancer, isAlive, gone } = this.#cluster;
    const posted = balancer.posts.get(name);
    balancer.posts.delete(name);
    const blame = (what: string): void => {
      const status = String(posted?.status);
      findings.faults.push(`${name} ${what} (${status}, ${outcome}, run ${runs}×, ${why ?? ''})`);
    };
    if (outcome === 'answered') {
      findings.answered += 1;
      if (runs === 0) blame('was answered and never ran');
      return;
    }
    const ownerLives = posted !== undefined && isAlive(posted.sessionId);
    const what = posted?.status === 202 ? 'lost' : String(posted?.status ?? 'unsent');
    const key = ownerLives || !posted ? what : `${what} with the node`;
    findings.refused[key] = (findings.refused[key] ?? 0) + 1;
    if (outcome === 'wrong') blame('got the answer of another');
    if (!posted) return;
    const { status } = posted;
    if (status === 202 && ownerLives) blame('was taken and not answered');
    else if (status === 404 && ownerLives) blame('was told that its session is gone');
    else if (status === 502 && gone.size === 0) blame('was lost by a node that lives');
    else if (status !== 202 && status !== 502 && status !== 504 && runs > 0) {
      blame('was refused, and ran');
    } else if (status !== undefined && !KNOWN.includes(status)) blame('was refused strangely');
  }
}

const KNOWN = [202, 404, 502, 503, 504];

/** How often a number came again right behind itself; any other step is a fault. */
function repeatsIn(name: string, { seen }: Life, faults: string[]): number {
  let repeats = 0;
  seen.forEach((number, index) => {
    const before = seen[index - 1] ?? 0;
    if (number === before) repeats += 1;
    else if (number !== before + 1) faults.push(`${name} was given ${number} after ${before}`);
  });
  return repeats;
}
