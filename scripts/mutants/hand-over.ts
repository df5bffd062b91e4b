import type { Mutant } from './mutant.js';

const handOvers = 'cluster/handover/hand-overs.ts';
const adoptions = 'cluster/handover/adoptions.ts';
const handOver = 'session/handover/hand-over.ts';
const session = 'session/live-session.ts';
const reports = 'session/session-reports.ts';
const pump = 'session/outbound/pump.ts';
const strategy = 'session/resume/resume-strategy.ts';

const model = 'cluster/handover/model.spec.ts';
const adopted = 'cluster/handover/adoptions.spec.ts';
const versions = 'cluster/handover/versions.spec.ts';
const restored = 'session/handover/restored.spec.ts';
const saved = 'cluster/handover/saved-data.spec.ts';
const newcomer = 'cluster/handover/newcomer.spec.ts';
const reported = 'session/session-reports.spec.ts';

/** Of two owners, and of sessions that are lost on the way. */
export const handOverMutants: readonly Mutant[] = [
  {
    name: 'a session goes on where it was after it has moved',
    file: handOvers,
    find: '    session.leave(peer.node);\n',
    replace: '',
    specs: [model],
  },
  {
    name: 'a session begins at the next node before its former one is silent',
    file: adoptions,
    find: '    adoption.timer = setTimeout',
    replace:
      '    this.#parts.restorer.begin(adoption.session, undefined);\n    adoption.timer = setTimeout',
    specs: [adopted],
  },
  {
    name: 'a session is not frozen while it moves',
    file: handOver,
    find: "    this.#stage = 'frozen';\n",
    replace: '',
    specs: [model],
  },
  {
    name: 'a second node is asked though the first one may have begun',
    file: handOvers,
    find: "      if (!REFUSALS.has(error.code)) return 'ended';\n",
    replace: '',
    specs: [versions],
  },
  {
    name: 'a node that does not answer is not told to drop the session',
    file: handOvers,
    find: '      this.#abort(state, peer);\n      if (!REFUSALS',
    replace: '      if (!REFUSALS',
    specs: [versions],
  },
  {
    name: 'a node of another version is given sessions',
    file: adoptions,
    find: '  if (version === STATE_VERSION) return;',
    replace: '  if (version > 0) return;',
    specs: [adopted],
  },
  {
    name: 'a session that is not told to begin waits for ever',
    file: adoptions,
    find: '      this.#drop(id, adoption);\n    }, COMMIT_MS)',
    replace: '    }, COMMIT_MS)',
    specs: [adopted],
  },
  {
    name: 'any node may tell a session to begin',
    file: adoptions,
    find: 'adoption?.epoch === epoch && adoption.peer === peer',
    replace: 'adoption?.epoch === epoch',
    specs: [adopted],
  },
  {
    name: 'what waits for a session that does not come waits for ever',
    file: adoptions,
    find: '    adoption.arrived();\n',
    replace: '',
    specs: [adopted],
  },
  {
    name: 'what was sent while a session moved is dropped',
    file: adoptions,
    find: 'Promise.all(messages.map((message) => session.send(message)))',
    replace: 'Promise.all(messages.map((message) => (message ? undefined : session)))',
    specs: [model],
  },
  {
    name: 'what was sent while a session moved is overtaken by what waits for it',
    file: adoptions,
    find: '    const sent = Promise.all(messages.map((message) => session.send(message)));',
    replace:
      '    const sent = new Promise((resolve) => setTimeout(resolve, 0)).then(() => messages.map((message) => session.send(message)));',
    specs: [model],
  },
  {
    name: 'session.data is taken before the last requests have changed it',
    file: handOvers,
    find: '    for (const candidate of this.#candidatesFor(session)) {\n',
    replace: '    await dataOf();\n    for (const candidate of this.#candidatesFor(session)) {\n',
    specs: [saved],
  },
  {
    name: 'a session that has moved keeps its place',
    file: reports,
    find: 'sessions.freeSlot(session.principal);\n      if (sessions.remove(session)) events.handedOver',
    replace: 'if (sessions.remove(session)) events.handedOver',
    specs: [reported],
  },
  {
    name: 'a session that has closed leaves as well',
    file: session,
    find: "  leave(node: string): void {\n    if (this.#state === 'closed') return;\n",
    replace: '  leave(node: string): void {\n',
    specs: [restored],
  },
  {
    name: 'a session with the stream of its former node counts as detached',
    file: session,
    find: "    this.#state = 'open';\n    this.detachedAt = undefined;\n    this.sender.adopt(writer);",
    replace: "    this.#state = 'open';\n    this.sender.adopt(writer);",
    specs: [restored],
  },
  {
    name: 'what waits for the client of a session that has come is in no bound',
    file: pump,
    find: '    this.#cursor = position + 1;\n    this.#waitingBytes = this.#log.bytesFrom(this.#cursor);\n',
    replace: '    this.#cursor = position + 1;\n',
    specs: [restored],
  },
  {
    name: 'a client that was asked elsewhere is not followed to where its session is about to be',
    file: 'cluster/locator.ts',
    find: 'host instanceof RemoteHost ? host.node : this.#ownerOf(sessionId)',
    replace: 'this.#ownerOf(sessionId)',
    specs: [model],
  },
  {
    name: 'a node that has just begun says nothing to those that it has not met',
    file: 'cluster/dispatcher.ts',
    find: '    if (discovered) void discovered.then(() => this.#tellKnown(operation, params));\n    else this.#tellKnown',
    replace: '    if (!discovered) this.#tellKnown',
    specs: [newcomer],
  },
  {
    name: 'a node that has just begun asks those alone that answer at once',
    file: 'cluster/discovery.ts',
    find: 'ms < ANSWER_MS || (ms < LATE_MS && missesSomebody === true)',
    replace: 'ms < ANSWER_MS',
    specs: [newcomer],
  },
  {
    name: 'a node that has just begun refuses requests for one that it has not heard',
    file: 'cluster/locator.ts',
    find: '    await membership?.discovery.of(node);\n',
    replace: '',
    specs: [newcomer],
  },
  {
    name: 'a node that has just begun asks nobody who comes while it waits',
    file: 'cluster/locator.ts',
    find: '    if (!membership?.peer(node)) await this.#whereabouts?.ask(node);\n',
    replace: '',
    specs: [newcomer],
  },
  {
    name: 'positions that the former node has announced are worth nothing',
    file: strategy,
    find: '    if (signingKey !== undefined) strategy.#signer = new PositionSigner(signingKey);\n',
    replace: '',
    specs: [restored],
  },
];
