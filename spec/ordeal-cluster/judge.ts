import type { Cluster } from './cluster.js';
import type { Crowd } from './crowd.js';
import type { Call, Life, Traveller } from './roaming-client.js';

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
  /** How much of each life has been judged. */
  readonly #judged = new Map<Life, number>();
  /** Lives that ended before their time, and were reported. */
  readonly #left = new Set<Life>();
  /** How often each traveller was given something twice, so far. */
  readonly #repeats = new Map<string, number>();

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
    return findings;
  }

  #judgeLives({ name, lives, resumes }: Traveller, findings: Findings): void {
    const { isAlive, balancer } = this.#cluster;
    const latest = lives.at(-1);
    let repeats = this.#repeats.get(name) ?? 0;
    for (const life of lives) {
      if (life !== latest && isAlive(life.sessionId) && !this.#left.has(life)) {
        this.#left.add(life);
        findings.faults.push(`${name} has lost its session, whose node lives`);
      }
      const before = this.#judged.get(life) ?? 0;
      const again = repeatsIn(name, life, before, findings.faults);
      repeats += again;
      findings.repeats += again;
      findings.notifications += life.seen.length - before;
      this.#judged.set(life, life.seen.length);
    }
    if (new Set(lives.map(({ sessionId }) => sessionId)).size < lives.length) {
      findings.faults.push(`${name} was given messages of a session that it had left`);
    }
    this.#repeats.set(name, repeats);
    const allowed = resumes ? 0 : (balancer.streams[name] ?? 0);
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

/** How often a number came again right behind itself, from `first` on; other steps are faults. */
function repeatsIn(name: string, { seen }: Life, first: number, faults: string[]): number {
  let repeats = 0;
  for (let index = first; index < seen.length; index += 1) {
    const [number, before] = [seen[index] ?? 0, seen[index - 1] ?? 0];
    if (number === before) repeats += 1;
    else if (number !== before + 1) faults.push(`${name} was given ${number} after ${before}`);
  }
  return repeats;
}
