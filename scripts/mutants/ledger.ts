import type { Mutant } from './mutant.js';

const ledger = 'cluster/ledger/call-ledger.ts';
const kept = 'cluster/ledger/kept-calls.ts';
const calls = 'cluster/ledger/cluster-calls.ts';

const told = 'cluster/ledger/call-ledger.spec.ts';
const killed = 'cluster/ledger/killed-owner.spec.ts';
const nextDies = 'cluster/ledger/next-node-dies.spec.ts';
const store = 'cluster/ledger/kept-calls.spec.ts';
const lastAnswers = 'session/inbound/last-answers.spec.ts';
const again = 'cluster/ledger/rerun.spec.ts';
const copies = 'cluster/ledger/call-copies.ts';
const copied = 'cluster/ledger/call-copies.spec.ts';

export const ledgerMutants: readonly Mutant[] = [
  {
    name: 'a POST is answered before another node knows of its call',
    file: 'session/local-host.ts',
    find: 'return taken ? taken.then(() => session.calls?.told()) : session.calls?.told();',
    replace: 'return taken;',
    specs: [told],
  },
  {
    name: 'answers that a cut may have taken are not told',
    file: 'session/live-session.ts',
    find: 'this.calls?.detached();',
    replace: '',
    specs: [told],
  },
  {
    name: 'the last answers are told in another order than they went out',
    file: 'session/inbound/last-answers.ts',
    find: '[...all.slice(this.#oldest), ...all.slice(0, this.#oldest)]',
    replace: 'all',
    specs: [lastAnswers],
  },
  {
    name: 'a keeper that is silent is not replaced',
    file: ledger,
    find: 'const isLate = oldest !== undefined && now - oldest.sentAt >= PATIENCE_MS;',
    replace: 'const isLate = false;',
    specs: [told],
  },
  {
    name: 'a former keeper goes on keeping',
    file: ledger,
    find: 'if (before && before.node !== next) this.#tellAll(before.node, []).catch(ignore);',
    replace: '',
    specs: [told],
  },
  {
    name: 'a session that has come from another node tells nobody of its calls',
    file: 'cluster/dispatcher.ts',
    find: 'this.calls?.track(session);',
    replace: '',
    specs: [told],
  },
  {
    name: 'anybody is told of the calls of anybody',
    file: kept,
    find: 'return this.#mayReturn(client, claim, principal) ? session : undefined;',
    replace: 'return client ? session : undefined;',
    specs: [store],
  },
  {
    name: 'calls whose answers the client has read are answered with an error',
    file: kept,
    find: '.filter(({ offset }) => offset === undefined || offset > read)',
    replace: '.filter(() => read >= 0)',
    specs: [store],
  },
  {
    name: 'calls that are kept count in no budget',
    file: kept,
    find: 'this.#account.add(bytes);',
    replace: '',
    specs: [store],
  },
  {
    name: 'calls are answered with an error each time their client comes back',
    file: calls,
    find: 'this.#kept.forget(client);',
    replace: '',
    specs: [killed],
  },
  {
    name: 'nobody else is asked for the calls of a session that is gone',
    file: calls,
    find: 'const lists = [this.#kept.find(client), ...elsewhere];',
    replace: 'const lists = [this.#kept.find(client)];',
    specs: [killed],
  },
  {
    name: 'a client that goes by event ids is told nothing of its calls',
    file: 'http/get/open-stream.ts',
    find: 'if (await tellLostCalls(exchange, runtime, principal, error)) return;',
    replace: '',
    specs: [killed],
  },
  {
    name: 'calls run again without being told to',
    file: 'session/inbound/annotated-tools.ts',
    find: 'if (readOnlyHint !== true && idempotentHint !== true)',
    replace: 'if (readOnlyHint !== true || idempotentHint !== true)',
    specs: [again],
  },
  {
    name: 'progress of a call begins anew for its client',
    file: 'http/get/lost-calls.ts',
    find: 'const again = withoutProgress(call);',
    replace: 'const again = call ?? withoutProgress(call);',
    specs: [again],
  },
  {
    name: 'what is kept of a node that is gone goes with its keeper',
    file: copies,
    find: 'else if (!this.#copied.has(node)) this.#copy(node, now);',
    replace: '',
    specs: [copied],
  },
  {
    name: 'a keeper that leaves takes along what it keeps',
    file: calls,
    find: 'this.#copies.giveAll(performance.now());',
    replace: '',
    specs: [copied],
  },
  {
    name: 'a copy stays though its node lives',
    file: kept,
    find: 'if (lives || Math.max',
    replace: 'if (Math.max',
    specs: [store],
  },
  {
    name: 'a keeper at whose address nobody listens is trusted until it counts as gone',
    file: ledger,
    find: 'if (liveness?.isThere(now)) return true;',
    replace: 'if (liveness?.isAlive(now)) return true;',
    specs: [copied],
  },
  {
    name: 'a session that moves leaves behind which answers are not read',
    file: calls,
    find: 'session.calls?.restore(session.formerAnswers);',
    replace: '',
    specs: [told],
  },
  {
    name: 'a node forgets the answers of a session before the next one has begun',
    file: 'session/live-session.ts',
    find: 'this.calls?.leaves();',
    replace: 'this.calls?.ended();',
    specs: [nextDies],
  },
  {
    name: 'a message counts as arrived with its first piece',
    file: 'cluster/link/send-window.ts',
    find: 'if (segment === segments.at(-1)) onArrived?.();',
    replace: 'if (segment === segments[0]) onArrived?.();',
    specs: ['cluster/link/send-window.spec.ts'],
  },
];
