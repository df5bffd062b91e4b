import type { Mutant } from './mutant.js';

const outgoing = 'cluster/link/send-window.ts';
const link = 'cluster/link/reliable-link.ts';
const liveness = 'cluster/liveness.ts';
const peer = 'cluster/peer.ts';
const model = 'cluster/link/link-model.spec.ts';

const unknown = 'cluster/unknown-nodes.spec.ts';
const silence = 'cluster/silence.spec.ts';
const elsewhere = 'cluster/probes-elsewhere.spec.ts';
const broadcasts = 'cluster/broadcast-silence.spec.ts';
const life = 'cluster/liveness.spec.ts';
const bounds = 'cluster/bounds.spec.ts';
const membership = 'cluster/membership.ts';
const members = 'cluster/membership.spec.ts';

const lifeMutants: readonly Mutant[] = [
  {
    name: 'a node that has just joined says 404 of names that it has not heard',
    file: membership,
    find: 'const inTouch = this.#up && performance.now() - this.since >= GRACE_MS;',
    replace: 'const inTouch = this.since < Infinity && GRACE_MS > 0;',
    specs: [unknown],
  },
  {
    name: 'text of a client names a node in any format',
    file: 'cluster/node-name.ts',
    find: '{12})\\.[\\x21-\\x7e]{1,128}$/',
    replace: '+)\\./',
    specs: [unknown],
  },
  {
    name: 'the grace of a node is counted from when it was heard',
    file: liveness,
    find: 'this.#absentSince ??= now',
    replace: 'this.#absentSince ??= this.#heardAt',
    specs: [life],
  },
  {
    name: 'a node that stood still takes the others for gone',
    file: liveness,
    find: 'const triedMs = now - Math.max(this.#triedAt, since);',
    replace: 'const triedMs = now - this.#triedAt;',
    specs: [life],
  },
  {
    name: 'a node does not notice that it stood still',
    file: membership,
    find: 'if (now - this.#tickedAt >= STALL_MS) this.#resumedAt = now;',
    replace: 'if (now - this.#tickedAt >= STALL_MS * 1e6) this.#resumedAt = now;',
    specs: [members],
  },
  {
    name: 'absence after an outage is taken for the end',
    file: membership,
    find: '(!this.#hadOutage || now - this.#changedAt >= RECOVERY_MS)',
    replace: '(!this.#hadOutage || now - this.#changedAt >= RECOVERY_MS * 0)',
    specs: [silence],
  },
  {
    name: 'what is refused with 503 is given to an adapter that only counts',
    file: peer,
    find: 'this.#up && this.#liveness.isReachable(now)',
    replace: 'this.#up',
    specs: [silence],
  },
  {
    name: 'an answer to a probe goes by way of the owner',
    file: 'cluster/rpc/remote-host.ts',
    find: '  for (const message of messages) probes.settle(message, { sessionId, position });\n',
    replace: '  void [messages, sessionId, position, probes];\n',
    specs: [elsewhere],
  },
  {
    name: 'a broadcast leaves silent nodes out',
    file: 'cluster/dispatcher.ts',
    find: 'this.#membership?.known()',
    replace: 'this.#membership?.alive()',
    specs: [broadcasts],
  },
];

const pieces = 'cluster/link/pieces.ts';
const budget = 'cluster/link/link-budget.ts';
const reliable = 'cluster/link/reliable-link.spec.ts';
const windows = 'cluster/link/send-window.spec.ts';

const boundMutants: readonly Mutant[] = [
  {
    name: 'a segment counts characters',
    file: outgoing,
    find: 'Buffer.byteLength(body) + SEGMENT_OVERHEAD_BYTES',
    replace: 'body.length + SEGMENT_OVERHEAD_BYTES',
    specs: [windows],
  },
  {
    name: 'a piece counts characters',
    file: pieces,
    find: 'if (Buffer.byteLength(message.slice(start, end)) > maxBytes) {',
    replace: 'if (message.slice(start, end).length > maxBytes) {',
    specs: [reliable],
  },
  {
    name: 'the rest of a message is taken for a whole one',
    file: pieces,
    find: 'if (this.#partial === undefined) return undefined;',
    replace: "this.#partial ??= '';",
    specs: [reliable],
  },
  {
    name: 'what a link has joined is bounded for each link alone',
    file: budget,
    find: 'if (this.#partialBytes + bytes > MAX_PARTIAL_BYTES) return false;',
    replace: '',
    specs: [reliable],
  },
  {
    name: 'a refused frame is sent for ever',
    file: link,
    find: '(tooLarge || this.#isNeverTaken(segment))',
    replace: 'tooLarge',
    specs: [reliable],
  },
  {
    name: 'a message that the adapter has carried before is given up in bad weather',
    file: link,
    find: 'refusals >= MAX_REFUSALS && bytes > this.#largestTaken',
    replace: 'refusals >= 1 && bytes > 0',
    specs: [model],
  },
  {
    name: 'the queues of all nodes together have no bound',
    file: budget,
    find: 'if (this.#queuedBytes + bytes > this.#maxQueuedBytes) return false;',
    replace: '',
    specs: ['cluster/link/link-budget.spec.ts'],
  },
  {
    name: 'a node that stands still takes the room of all',
    file: budget,
    find: 'peerBytes + bytes <= this.#maxPeerBytes',
    replace: 'peerBytes + bytes <= this.#maxQueuedBytes',
    specs: [bounds],
  },
  {
    name: 'a stream elsewhere has no part in the bounds',
    file: 'cluster/relay/owner-response.ts',
    find: 'if (!this.#link.hasRoom(bytes)) {',
    replace: 'if (!this.#link.hasRoom(0)) {',
    specs: ['cluster/relay/relayed.spec.ts'],
  },
  {
    name: 'bytes that were given up are taken off again',
    file: outgoing,
    find: "    for (const segment of this.#waiting) segment.state = 'gone';\n",
    replace: '',
    specs: [windows],
  },
  {
    name: 'what waits for a dead node goes on to wait',
    file: peer,
    find: '    this.#link.end();\n',
    replace: '',
    specs: [bounds],
  },
  {
    name: 'any number of names is remembered',
    file: membership,
    find: 'this.#peers.size >= MAX_PEERS && ',
    replace: 'this.#peers.size >= MAX_PEERS * 1e6 && ',
    specs: [members],
  },
];

const signing = 'cluster/adapter/signed-adapter.ts';
const signed = 'cluster/adapter/signed-adapter.spec.ts';

const adapterMutants: readonly Mutant[] = [
  {
    name: 'any signature will do',
    file: signing,
    find: 'timingSafeEqual(sign(key, time, to, frame), given)',
    replace: 'given.length === sign(key, time, to, frame).length',
    specs: [signed],
  },
  {
    name: 'a frame may be as old as it likes',
    file: signing,
    find: '> MAX_AGE_MS)',
    replace: '> MAX_AGE_MS * 1e9)',
    specs: [signed],
  },
  {
    name: 'a frame for one node is one for another, too',
    file: signing,
    find: '`${time} ${to}\\n${frame}`',
    replace: '`${time} ${to.length}\\n${frame}`',
    specs: [signed],
  },
  {
    name: 'a rotation takes the first secret only',
    file: signing,
    find: 'this.#keys.some((key) =>',
    replace: 'this.#keys.slice(0, 1).some((key) =>',
    specs: [signed],
  },
  {
    name: 'all nodes come back to a server at once',
    file: 'cluster/adapter/reachability.ts',
    find: 'ms * (0.75 + Math.random() / 2)',
    replace: 'ms',
    specs: ['cluster/adapter/reachability.spec.ts'],
  },
];

/** Faults of what a node knows of others, keeps for them, and believes of their frames. */
export const clusterBoundMutants: readonly Mutant[] = [
  ...lifeMutants,
  ...boundMutants,
  ...adapterMutants,
];
