import type { Mutant } from './mutant.js';

const outgoing = 'cluster/link/send-window.ts';
const link = 'cluster/link/reliable-link.ts';
const peer = 'cluster/peer.ts';
const model = 'cluster/link/link-model.spec.ts';
const budget = 'cluster/link/link-budget.ts';
const reliable = 'cluster/link/reliable-link.spec.ts';

const bounds = 'cluster/bounds.spec.ts';
const members = 'cluster/membership.spec.ts';
const nodeTable = 'cluster/node-table.ts';

const pieces = 'cluster/link/pieces.ts';
const windows = 'cluster/link/send-window.spec.ts';

const boundMutants: readonly Mutant[] = [
  {
    name: 'names that clients invent hold requests up for ever',
    file: 'cluster/discovery.ts',
    find: ' || performance.now() - upSince >= LATE_MS) return false;',
    replace: ') return false;',
    specs: ['cluster/unknown-nodes.spec.ts'],
  },
  {
    name: 'a node waits for others although the adapter counts no more',
    file: 'cluster/discovery.ts',
    find: '!up || missesSomebody === false || performance',
    replace: '!up || performance',
    specs: ['cluster/unknown-nodes.spec.ts'],
  },
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
    find: 'this.#partialBytes + bytes > MAX_PARTIAL_BYTES || ',
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
    find: 'this.#queuedBytes + bytes > this.#maxQueuedBytes || ',
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
    file: nodeTable,
    find: 'this.#nodes.size >= MAX_NODES && ',
    replace: 'this.#nodes.size >= MAX_NODES * 1e6 && ',
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

/** Faults of what a node keeps for others, and believes of their frames. */
export const clusterBoundMutants: readonly Mutant[] = [...boundMutants, ...adapterMutants];
