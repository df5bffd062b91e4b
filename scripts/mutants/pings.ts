import type { Mutant } from './mutant.js';

const heartbeat = 'session/heartbeat.ts';
const pending = 'session/inbound/pending-requests.ts';
const beats = 'session/heartbeat.spec.ts';
const window = 'resume/window.spec.ts';
const requests = 'session/inbound/pending-requests.spec.ts';

/** Faults of pings, of the ids that clients must be able to answer, and of the wait for them. */
export const pingMutants: readonly Mutant[] = [
  {
    name: 'the silence of a client that answers no ping ends its session',
    file: heartbeat,
    find: '(strict || this.#hasAnswered)',
    replace: '(strict || this.#waiting)',
    specs: [beats],
  },
  {
    name: 'an error for an answer to a ping is no sign of life',
    file: heartbeat,
    find: 'if (!(error instanceof McpSseError)) this.#hasAnswered = true;',
    replace: 'if (!(error instanceof McpSseError)) return;',
    specs: [beats],
  },
  {
    name: 'nothing is written while a ping waits for its answer',
    file: 'session/sweeper.ts',
    find: 'ping === false || session.heartbeat?.waiting',
    replace: 'ping === false',
    specs: ['session/sweeper.spec.ts'],
  },
  {
    name: 'ids of ours meet those of the server behind the session',
    file: pending,
    find: 'const FIRST_ID: number = 2 ** 30;',
    replace: 'const FIRST_ID: number = 0;',
    specs: [requests],
  },
  {
    name: 'an answer that nobody here asked for is kept from the server',
    file: pending,
    find: 'Number(id) < this.#firstId + this.#count',
    replace: 'Number(id) > 0',
    specs: [requests],
  },
  {
    name: 'a connection that was reset counts as closed in good order',
    file: 'stream/writable-response.ts',
    find: 'return socket?.readableEnded === true && !socket.errored;',
    replace: 'return socket != null;',
    specs: [window],
  },
  {
    name: 'a client that closed in good order is waited for as one that was lost',
    file: 'session/sweeper.ts',
    find: 'return sender.closedByPeer && closedWindowMs !== false ? closedWindowMs : windowMs;',
    replace: 'return sender.closedByPeer ? windowMs : closedWindowMs || windowMs;',
    specs: [window],
  },
];
