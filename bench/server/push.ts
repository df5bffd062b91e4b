import { notification } from '../messages.js';
import type { SubjectSession } from '../subjects/subject.js';
import type { Push } from './orders.js';

/** Sends `count` messages over all sessions, numbered from `first` on in each. */
export async function pushAll(
  sessions: readonly SubjectSession[],
  { how, count, bytes }: Push,
  first: number,
): Promise<void> {
  const each = count / sessions.length;
  if (!Number.isInteger(each))
    throw new Error(`${count} messages over ${sessions.length} sessions`);
  if (how === 'burst') burst(sessions, each, bytes, first);
  else if (how === 'turns') await inTurns(sessions, each, bytes, first);
  else
    await Promise.all(sessions.map((_, number) => awaiting(sessions, number, each, bytes, first)));
}

function burst(
  sessions: readonly SubjectSession[],
  each: number,
  bytes: number,
  first: number,
): void {
  for (let seq = first; seq < first + each; seq++) {
    for (let number = 0; number < sessions.length; number++) {
      sessions[number]?.push(notification(number, seq, bytes));
    }
  }
}

async function awaiting(
  sessions: readonly SubjectSession[],
  number: number,
  each: number,
  bytes: number,
  first: number,
): Promise<void> {
  for (let seq = first; seq < first + each; seq++) {
    await sessions[number]?.send(notification(number, seq, bytes));
  }
}

function inTurns(
  sessions: readonly SubjectSession[],
  each: number,
  bytes: number,
  first: number,
): Promise<void> {
  return new Promise((resolve) => {
    let number = 0;
    let seq = first;
    setImmediate(function turn() {
      sessions[number]?.push(notification(number, seq, bytes));
      number += 1;
      if (number === sessions.length) {
        number = 0;
        seq += 1;
      }
      if (seq < first + each) setImmediate(turn);
      else resolve();
    });
  });
}
