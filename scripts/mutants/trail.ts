import type { Mutant } from './mutant.js';

const trail = 'session/inbound/call-trail.ts';

const again = 'cluster/ledger/rerun.spec.ts';
const told = 'cluster/ledger/call-ledger.spec.ts';
const trails = 'session/inbound/call-trail.spec.ts';
const waits = 'session/inbound/call-trail-told.spec.ts';

export const trailMutants: readonly Mutant[] = [
  {
    name: 'calls that are answered at once are told',
    file: trail,
    find: 'if (isConnected && !call.told) {',
    replace: 'if (isConnected && call.told) {',
    specs: [trails],
  },
  {
    name: 'calls of a session that is over are kept',
    file: trail,
    find: 'else this.ended();',
    replace: '',
    specs: [told],
  },
  {
    name: 'a POST waits for another node although its call is answered',
    file: trail,
    find: 'this.#waiting?.resolve();',
    replace: '',
    specs: [waits],
  },
  {
    name: 'no POST waits any more once one was answered early',
    file: trail,
    find: 'this.#waiting?.resolve();\n    this.#waiting = undefined;',
    replace: 'this.#waiting?.resolve();',
    specs: [waits],
  },
  {
    name: 'a POST waits until the answers to other calls are told',
    file: trail,
    find: 'if (this.#untold === 0) return undefined;\n    if (!this.#waiting)',
    replace:
      'if (this.#untold + this.#fresh.size === 0) return undefined;\n    if (!this.#waiting)',
    specs: [waits],
  },
  {
    name: 'a session of which nothing was left is not introduced anew',
    file: trail,
    find: 'this.#kept = this.#toldCount > 0;',
    replace: 'this.#kept = true;',
    specs: [trails],
  },
  {
    name: 'a call that is read before it was told as answered stays with the other node',
    file: trail,
    find: 'if (this.#fresh.has(call)) this.#forget(call);\n      else if',
    replace: 'this.#fresh.delete(call);\n      if',
    specs: [trails],
  },
  {
    name: 'an answer to an id that is used again is told as that to its new call',
    file: trail,
    find: '!this.#running.has(id) && !this.#answers?.has(id)',
    replace: 'id !== undefined',
    specs: [trails],
  },
  {
    name: 'answers that are told late come after those of before',
    file: trail,
    find: '    all.sort((one, other) => one.offset - other.offset);\n',
    replace: '',
    specs: [trails],
  },
  {
    name: 'a new keeper is not told what the one before knew',
    file: trail,
    find: 'for (const call of [...this.#running.values(), ...this.#fresh]) call.told',
    replace: 'for (const call of this.#fresh) call.told',
    specs: [told],
  },
  {
    name: 'all calls run again',
    file: trail,
    find: 'const kept = this.#tools?.mayRunTwice(request) ? request : undefined;',
    replace: 'const kept = this.#tools ? request : undefined;',
    specs: [again],
  },
  {
    name: 'what a node that ends keeps no more counts as read',
    file: trail,
    find: 'this.#lastRead = this.#session.sender.readOffset;',
    replace: '',
    specs: [trails],
  },
  {
    name: 'answers that nobody has read are forgotten when their node shuts down',
    file: trail,
    find: "if (reason === 'shutdown' || reason === 'restore-failed') this.leaves();\n    else ",
    replace: '',
    specs: [told],
  },
];
