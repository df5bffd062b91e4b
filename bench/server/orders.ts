/**
 * What the generator may ask of a server's process. Orders and answers are lines of JSON,
 * `{ id, name, takes }` and `{ id, gives }` or `{ id, failed }`, on the process's standard input
 * and output, so that a server in any language can take them. The first line that a process writes
 * has the id 0 and gives its port. It ends when its input does.
 */
import { everyone, notification } from '../messages.js';
import type { Subject, SubjectSession } from '../subjects/index.js';

export interface Push {
  /** Messages in all, spread evenly over the sessions. */
  readonly count: number;
  /** The length of each. */
  readonly bytes: number;
}

/** The orders by name. Each answers once all is done. */
export function ordersFor(subject: Subject) {
  let enrolled: SubjectSession[] = [];
  /** How many messages each session was sent since. */
  let seq = 0;
  const next = ({ count, bytes }: Push): Batch => {
    const first = seq;
    seq += count / enrolled.length;
    if (!Number.isInteger(seq)) throw new Error(`${count} over ${enrolled.length} sessions`);
    return { sessions: enrolled, first, end: seq, bytes };
  };
  return {
    /** CPU time used so far by the whole process, in µs. */
    cpu: () => {
      const { user, system } = process.cpuUsage();
      return subject.cpu?.() ?? user + system;
    },
    memory,
    /** How many sessions are open. */
    count: () => subject.sessions().length,
    /** The sessions that messages go to, by id; the first has the number 0. */
    enrol: (ids: readonly string[]) => {
      const open = new Map(subject.sessions().map((session) => [session.id, session]));
      enrolled = ids.flatMap((id) => open.get(id) ?? []);
      if (enrolled.length !== ids.length) throw new Error('there are sessions that are not open');
      seq = 0;
    },
    /** All in one go, nothing awaited. */
    burst: (push: Push) => burst(next(push)),
    /** One message per turn of the event loop. */
    turns: (push: Push) => inTurns(next(push)),
    /** To all sessions, in one go. */
    broadcast: ({ count, bytes }: Push) => {
      for (let last = seq + count; seq < last; seq++) {
        subject.broadcast(notification(everyone, seq, bytes));
      }
    },
    /** To the session with the number 0, which has stopped to read, until a send fails. */
    stall: (push: Push) => feedStalled(enrolled[0], push),
    /** Of a node of several. */
    cluster: () => subject.cluster?.() ?? { nodes: 1, exported: 0 },
  };
}

export type Orders = ReturnType<typeof ordersFor>;
export type OrderName = keyof Orders;

/** In bytes, after a collection of garbage; `held` is the heap and the buffers outside it. */
async function memory(): Promise<{ heapUsed: number; held: number; rss: number }> {
  if (gc === undefined) throw new Error('started without --expose-gc');
  // Twice, with a turn between: what the first leaves to finalizers goes with the second.
  gc();
  await new Promise((resolve) => setTimeout(resolve, 20));
  gc();
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heapUsed, held: heapUsed + external, rss };
}

/** Messages with the numbers from `first` to before `end` to each session. */
type Batch = Readonly<Record<'first' | 'end' | 'bytes', number>> & {
  readonly sessions: readonly SubjectSession[];
};

// Both are loops without iterators, promises or closures per message, which would be measured too.

function burst({ sessions, first, end, bytes }: Batch): void {
  for (let seq = first; seq < end; seq++) {
    for (let number = 0; number < sessions.length; number++) {
      sessions[number]?.send(notification(number, seq, bytes));
    }
  }
}

function inTurns({ sessions, first, end, bytes }: Batch): Promise<void> {
  return new Promise((resolve) => {
    let number = 0;
    let seq = first;
    setImmediate(function turn() {
      sessions[number]?.send(notification(number, seq, bytes));
      number += 1;
      if (number === sessions.length) {
        number = 0;
        seq += 1;
      }
      if (seq < end) setImmediate(turn);
      else resolve();
    });
  });
}

/** Awaits each send. Returns how many were taken. */
async function feedStalled(session: SubjectSession | undefined, push: Push): Promise<number> {
  let seq = 0;
  try {
    for (; seq < push.count; seq++) {
      await session?.send(notification(0, seq, push.bytes));
      // So that others are served too.
      if (seq % 16 === 0) await new Promise(setImmediate);
    }
  } catch {
    // What it has sent so far says it.
  }
  return seq;
}
