import type { Mutant } from './mutant.js';

const incoming = 'cluster/link/receive-window.ts';
const outgoing = 'cluster/link/send-window.ts';
const link = 'cluster/link/reliable-link.ts';
const calls = 'cluster/rpc/outgoing-calls.ts';
const peer = 'cluster/peer.ts';

const model = 'cluster/link/link-model.spec.ts';
const lossy = 'cluster/adapter/lossy-adapter.spec.ts';
const posts = 'cluster/posts.spec.ts';
const streams = 'cluster/streams.spec.ts';
const sends = 'cluster/sends.spec.ts';
const outage = 'cluster/outage.spec.ts';
const death = 'cluster/death.spec.ts';

const linkMutants: readonly Mutant[] = [
  {
    name: 'a repeated frame is taken again (noDedupe)',
    file: incoming,
    find: 'bodies.slice(this.#cursor + 1 - first)',
    replace: 'bodies',
    specs: [model, lossy],
  },
  {
    name: 'a gap is not noticed (noGapCheck)',
    file: incoming,
    find: 'this.#missing ? [] : bodies',
    replace: 'bodies',
    specs: [model],
  },
  {
    name: 'what a peer has given up is taken when it comes late',
    file: incoming,
    find: '|| epoch < this.#epoch) return',
    replace: ') return',
    specs: [model],
  },
  {
    name: 'an acknowledgement takes off what it does not name',
    file: outgoing,
    find: 'cursor + 1 - this.#firstSent, this.#sent',
    replace: 'cursor + 2 - this.#firstSent, this.#sent',
    specs: [model],
  },
  {
    name: 'what was sent is not sent again',
    file: link,
    find: 'this.#resendMs = Math.min(this.#resendMs * 2, RESEND_MAX_MS);\n    this.#resend();',
    replace: 'this.#resendMs = Math.min(this.#resendMs * 2, RESEND_MAX_MS);',
    specs: [model],
  },
];

const outcomeMutants: readonly Mutant[] = [
  {
    name: '503 for something that may run',
    file: calls,
    find: 'return outcomeUnknown();',
    replace: 'return error;',
    specs: [outage],
  },
  {
    name: 'what was refused with 503 is sent later',
    file: outgoing,
    find: "this.#waiting.delete(segment);\n      this.#resizeWaiting(-segment.bytes);\n      segment.state = 'gone';",
    replace: 'this.#resizeWaiting(-segment.bytes);',
    specs: ['cluster/link/send-window.spec.ts'],
  },
  {
    name: 'a node that has left is waited for',
    file: peer,
    find: 'if (this.ended) return rejected(sessionNotFound());',
    replace: '',
    specs: [death],
  },
  {
    name: 'the streams of a dead node are left open',
    file: peer,
    find: '    for (const stream of [...this.imported.values()]) stream.cut();\n',
    replace: '',
    specs: [death],
  },
  {
    name: 'a node that dies keeps the streams of our sessions',
    file: peer,
    find: '    for (const response of [...this.exported.values()]) response.connectionClosed();\n',
    replace: '',
    specs: [death],
  },
];

const relayMutants: readonly Mutant[] = [
  {
    name: 'a slow reader elsewhere does not hold its producer back',
    file: 'cluster/relay/owner-response.ts',
    find: 'return this.#unbounded || !this.#full;',
    replace: 'return true;',
    specs: [streams],
  },
  {
    name: 'the loss of a stream elsewhere is not noticed',
    file: peer,
    find: "if (kind === 'closed') response?.connectionClosed();",
    replace: "if (kind === 'closed') return;",
    specs: [streams],
  },
  {
    name: "an unknown session elsewhere is told from somebody else's",
    file: 'session/local-host.ts',
    find: 'if (session.principal !== principal) {',
    replace: "if (session.principal !== principal && principal === '') {",
    specs: [posts],
  },
  {
    name: 'a broadcast stays at home',
    file: 'cluster/dispatcher.ts',
    find: 'if (audience.filter || !this.#membership) return',
    replace: 'if (audience.filter !== null || !this.#membership) return',
    specs: [sends],
  },
];

const leaving = 'cluster/leaving.spec.ts';
const probing = 'cluster/probes.spec.ts';

const turnoverMutants: readonly Mutant[] = [
  {
    name: 'a node leaves before it has its answers',
    file: 'cluster/membership.ts',
    find: 'await this.#idle();',
    replace: '',
    specs: [leaving],
  },
  {
    name: 'a node that leaves goes on to ask',
    file: peer,
    find: 'if (this.#owner.leaving) {',
    replace: 'if (this.#owner.leaving && this.isBusy) {',
    specs: [leaving],
  },
  {
    name: 'a node that knows nobody asks nobody who comes back',
    file: 'cluster/dispatcher.ts',
    find: 'return this.#membership !== undefined;',
    replace: 'return (this.#membership?.known() ?? []).length > 0;',
    specs: [probing],
  },
  {
    name: 'a client is asked who it is only once',
    file: 'session/resume/probes.ts',
    find: 'setTimeout(ask, delayMs / 2)',
    replace: 'setTimeout(ask, delayMs * 2)',
    specs: [probing],
  },
  {
    name: 'silence in an outage counts as an answer',
    file: 'cluster/dispatcher.ts',
    find: '!(membership.up && membership.since <= since)',
    replace: 'membership.since > since + 1e9',
    specs: [probing],
  },
];

/** Faults of what passes between nodes. */
export const clusterMutants: readonly Mutant[] = [
  ...linkMutants,
  ...outcomeMutants,
  ...relayMutants,
  ...turnoverMutants,
];
