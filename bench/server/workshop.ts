import { everyone, notification } from '../messages.js';
import type { Subject, SubjectSession } from '../subjects/subject.js';
import type { Broadcast, Memory, OrderName, Orders } from './orders.js';
import { pushAll } from './push.js';
import { feedStalled } from './stall.js';

/** Does the orders. */
export type Workshop = {
  [N in OrderName]: (takes: Orders[N]['takes']) => Orders[N]['gives'] | Promise<Orders[N]['gives']>;
};

export function workshop(subject: Subject): Workshop {
  let enrolled: SubjectSession[] = [];
  /** How many messages each session, and how many everyone, was sent since. */
  let seq = 0;
  return {
    cpu: cpuMicros,
    memory,
    enrol: () => {
      enrolled = subject.sessions();
      seq = 0;
      return enrolled.map(({ id }) => id);
    },
    count: () => subject.sessions().length,
    push: async (order) => {
      const first = seq;
      seq += order.count / enrolled.length;
      await pushAll(enrolled, order, first);
      return undefined;
    },
    broadcast: ({ count, bytes }: Broadcast) => {
      for (let last = seq + count; seq < last; seq++) {
        subject.broadcast(notification(everyone, seq, bytes));
      }
      return undefined;
    },
    stall: (order) => feedStalled(enrolled, order),
  };
}

function cpuMicros(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

async function memory(): Promise<Memory> {
  if (gc === undefined) throw new Error('started without --expose-gc');
  // Twice, with a turn between: what the first leaves to finalizers goes with the second.
  gc();
  await new Promise((resolve) => setTimeout(resolve, 20));
  gc();
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heapUsed, held: heapUsed + external, rss };
}
