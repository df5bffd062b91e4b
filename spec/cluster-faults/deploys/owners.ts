import type { Answer, Owner } from './answers.js';
import type { CallRecord } from './records.js';

interface Owned {
  readonly name: string;
  readonly owners: ReadonlyMap<string, readonly Owner[]>;
  readonly calls: readonly CallRecord[];
}

/**
 * Exactly one node may have a session at any time: the nodes that have sent its messages, in the
 * order in which the client was given these, and those that have answered its calls, in the order of
 * their clock. Each has an epoch of its own, and none comes back once another one has begun.
 */
export function ownerFaults({ name, owners, calls }: Owned): string[] {
  const answers = calls.flatMap(({ answer }) => answer ?? []);
  answers.sort((one, two) => one.at - two.at);
  const faults: string[] = [];
  const answeredBy = bySession(answers);
  for (const session of new Set([...owners.keys(), ...answeredBy.keys()])) {
    const given = owners.get(session) ?? [];
    const answered = answeredBy.get(session) ?? [];
    if (!rises(given)) faults.push(`${name} was given messages by ${told(given)}, in this order`);
    if (!rises(answered)) faults.push(`${name} was answered by ${told(answered)}, in this order`);
    if (!areOneEach([...given, ...answered])) {
      faults.push(`two nodes have one epoch of ${name}: ${told([...given, ...answered])}`);
    }
  }
  return faults;
}

/** Who has answered in each session, in order, those left out that come right behind themselves. */
function bySession(answers: readonly Answer[]): Map<string, Owner[]> {
  const sessions = new Map<string, Owner[]>();
  for (const { session, node, epoch } of answers) {
    const list = sessions.get(session) ?? [];
    sessions.set(session, list);
    const last = list.at(-1);
    if (last?.node !== node || last.epoch !== epoch) list.push({ node, epoch });
  }
  return sessions;
}

function rises(owners: readonly Owner[]): boolean {
  return owners.every(({ epoch }, at) => at === 0 || epoch > (owners[at - 1]?.epoch ?? 0));
}

function areOneEach(owners: readonly Owner[]): boolean {
  const nodes = new Map<number, string>();
  return owners.every(({ node, epoch }) => {
    const known = nodes.get(epoch) ?? node;
    nodes.set(epoch, known);
    return known === node;
  });
}

const told = (owners: readonly Owner[]): string =>
  owners.map(({ node, epoch }) => `${node} (${epoch})`).join(', ');
