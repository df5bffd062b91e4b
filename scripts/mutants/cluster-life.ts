import type { Mutant } from './mutant.js';

const link = 'cluster/link/reliable-link.ts';
const liveness = 'cluster/liveness.ts';
const peer = 'cluster/peer.ts';
const budget = 'cluster/link/link-budget.ts';
const membership = 'cluster/membership.ts';
const nodeTable = 'cluster/node-table.ts';

const reliable = 'cluster/link/reliable-link.spec.ts';
const unknown = 'cluster/unknown-nodes.spec.ts';
const silence = 'cluster/silence.spec.ts';
const elsewhere = 'cluster/probes-elsewhere.spec.ts';
const broadcasts = 'cluster/broadcast-silence.spec.ts';
const life = 'cluster/liveness.spec.ts';
const members = 'cluster/membership.spec.ts';
const tables = 'cluster/node-table.spec.ts';
const false404 = 'cluster/false-404.spec.ts';

const lifeMutants: readonly Mutant[] = [
  {
    name: 'a node that has just joined says 404 of names that it has not heard',
    file: membership,
    find: 'if (touchMs >= this.#acquaintedMs) return',
    replace: 'if (touchMs >= 0) return',
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
    find: 'const triedMs = now - Math.max(this.#triedAt ?? Infinity, since);',
    replace: 'const triedMs = now - (this.#triedAt ?? Infinity);',
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
    find: '(!this.#outages.any || now - this.#changedAt >= RECOVERY_MS)',
    replace: '(!this.#outages.any || now - this.#changedAt >= RECOVERY_MS * 0)',
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
    find: 'const known = this.#membership?.known() ?? [];',
    replace: 'const known = this.#membership?.alive() ?? [];',
    specs: [broadcasts],
  },
];

/** 404, or a new session, for a session that lives; and 503 for something that runs. */
const falseMutants: readonly Mutant[] = [
  {
    name: 'a node that has lost the adapter alone is given up after three seconds',
    file: liveness,
    find: 'export const GRACE_MS = 6_000;',
    replace: 'export const GRACE_MS = 3_000;',
    specs: [false404],
  },
  {
    name: 'a POST is told 404 on a guess',
    file: 'cluster/rpc/remote-host.ts',
    find: 'const isGuess = this.#peer.ended && !this.#peer.isKnownToBeGone;',
    replace: 'const isGuess = false;',
    specs: [false404],
  },
  {
    name: 'most nodes vanish at once, and are taken to be dead',
    file: nodeTable,
    find: 'return this.#absent >= 2 && this.#absent * 2 > this.#living;',
    replace: 'return false;',
    specs: [false404],
  },
  {
    name: 'a node that has begun does not miss one that stands still',
    file: membership,
    find: 'this.missesSomebody ? LOST_MS : ACQUAINTED_MS',
    replace: 'ACQUAINTED_MS',
    specs: [false404],
  },
  {
    name: 'a name that proves itself is not believed',
    file: membership,
    find: '!this.#adapter.names?.proves(name)',
    replace: 'this.#adapter.names?.proves(name) !== false',
    specs: [false404],
  },
  {
    name: 'any name proves itself',
    file: 'cluster/adapter/signed-adapter.ts',
    find: 'proofOf(random, by) === proof',
    replace: 'proofOf(random, by) !== undefined',
    specs: [false404],
  },
  {
    name: 'an answer that a blocked node has is taken for none',
    file: 'cluster/dispatcher.ts',
    find: ' || membership.wasLate(since);',
    replace: ';',
    specs: ['cluster/probes.spec.ts'],
  },
  {
    name: 'what nobody listened for, as far as the adapter counts, has surely not arrived',
    file: link,
    find: '      if (present) batch?.taken();\n',
    replace: '      if (present) batch?.taken();\n      else batch?.undelivered();\n',
    specs: ['cluster/link/reliable-link.spec.ts'],
  },
  {
    name: 'what was lost is put off by whatever is sent behind it',
    file: link,
    find: '    void this.#transmit(batch',
    replace:
      '    this.#waitingSince = this.#resentAt = this.#now();\n    void this.#transmit(batch',
    specs: ['cluster/link/reliable-link.spec.ts'],
  },
  {
    name: 'a node at a replica is in reach',
    file: 'redis/redis-member.ts',
    find: "if ((await role) === 'replica')",
    replace: "if ((await role) === 'slave')",
    specs: ['redis/clients.spec.ts'],
  },
];

/** What many nodes cost. */
const scaleMutants: readonly Mutant[] = [
  {
    name: 'any number of nodes beats once a second',
    file: 'cluster/pace.ts',
    find: '((nodes * nodes) / DELIVERIES_PER_SECOND) * 1_000',
    replace: 'nodes / DELIVERIES_PER_SECOND',
    specs: ['cluster/pace.spec.ts'],
  },
  {
    name: 'a peer that is idle is kept',
    file: nodeTable,
    find: 'now - node.usedAt >= IDLE_MS',
    replace: 'now - node.usedAt >= IDLE_MS * 1e6',
    specs: [tables],
  },
  {
    name: 'a link that is made anew knows nothing of the old one',
    file: nodeTable,
    find: 'new Peer(node.name, this.#owner, node.liveness, node.memory)',
    replace: 'new Peer(node.name, this.#owner, node.liveness)',
    specs: [tables],
  },
  {
    name: 'silence counts where heartbeats are rare',
    file: liveness,
    find: 'Math.max(SILENCE_MS, MISSED_HEARTBEATS * this.#contact.heartbeatMs)',
    replace: 'SILENCE_MS',
    specs: [life],
  },
  {
    name: 'what is not answered counts as heard',
    file: liveness,
    find: 'if (this.#ended || this.#isUnanswered(now)) return false;',
    replace: 'if (this.#ended) return false;',
    specs: [life],
  },
  {
    name: 'what waits for other nodes is in no account',
    file: budget,
    find: 'this.#queuedBytes += bytes;\n    this.#account?.add(bytes);',
    replace: 'this.#queuedBytes += bytes;',
    specs: ['cluster/early-refusal.spec.ts'],
  },
  {
    name: 'a body is read that cannot be delivered while the adapter is away',
    file: 'cluster/locator.ts',
    find: 'return peer.ended || !this.#parts.membership?.up ? unreachable() : undefined;',
    replace: 'return peer.ended ? unreachable() : undefined;',
    specs: ['cluster/early-refusal.spec.ts'],
  },
  {
    name: 'a stream goes on with a gap where a message had no room',
    file: link,
    find: '      owner.onPeerReset();\n',
    replace: '',
    specs: [reliable],
  },
  {
    name: 'a node that has just begun refuses what it could pass on a moment later',
    file: 'cluster/discovery.ts',
    find: 'if (!up) return begins && ms < LATE_MS;',
    replace: 'if (!up) return false;',
    specs: ['cluster/just-begun.spec.ts'],
  },
  {
    name: 'a node that leaves reports broadcasts that miss nobody',
    file: 'cluster/dispatcher.ts',
    find: ' && !up && !leaving',
    replace: ' && !up',
    specs: ['cluster/just-begun.spec.ts'],
  },
  {
    name: 'a broadcast of a node that never reached its adapter is lost in silence',
    file: 'cluster/dispatcher.ts',
    find: 'known.length === 0 && !up',
    replace: 'known.length > 0 && !up',
    specs: ['cluster/just-begun.spec.ts'],
  },
];

/** Faults of what a node believes of the life of others, and of what many of them cost. */
export const clusterLifeMutants: readonly Mutant[] = [
  ...lifeMutants,
  ...falseMutants,
  ...scaleMutants,
];
