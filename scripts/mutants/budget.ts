import type { Mutant } from './mutant.js';

const budget = 'session/byte-budget.ts';
const inputs = 'hostile/budget.spec.ts';
const receivers = 'session/inbound/receiver.spec.ts';
const budgets = 'session/byte-budget.spec.ts';

const budgetMutants: readonly Mutant[] = [
  {
    name: 'a large body may take the last quarter of the budget',
    file: budget,
    find: 'const SHARE_OF_LARGE = 0.75;',
    replace: 'const SHARE_OF_LARGE = 1;',
    specs: [budgets],
  },
  {
    name: 'each router has a budget of its own',
    file: budget,
    find: '    processBytes += bytes;\n',
    replace: '    processBytes = this.#bytes;\n',
    specs: [budgets],
  },
  {
    name: 'sessions that are here pay before those that are away',
    file: budget,
    find: '    for (const longest of this.#detached) {\n',
    replace:
      '    for (const session of this.#sessions) session.sender.releaseWritten();\n    for (const longest of this.#detached) {\n',
    specs: [budgets],
  },
  {
    name: 'a session is closed though what is written would have been enough',
    file: budget,
    find: '    for (const session of this.#sessions) session.sender.releaseWritten();\n',
    replace: '',
    specs: [budgets],
  },
  {
    name: 'any session is closed instead of the one that holds most',
    file: budget,
    find: 'session.heldBytes > (largest?.heldBytes ?? 0)',
    replace: '!largest && session.heldBytes > 0',
    specs: [budgets],
  },
  {
    name: 'all sessions pay for a handler that goes on',
    file: budget,
    find: '      if (this.#bytes >= before) return;\n',
    replace: '      if (before < 0) return;\n',
    specs: [budgets],
  },
  {
    name: 'a client over the budget is let in',
    file: budget,
    find: "    throw new McpSseError('over-budget', FULL);\n",
    replace: '',
    specs: [budgets],
  },
  {
    name: 'a large body in small pieces may take the last quarter of the budget',
    file: 'http/post/body-reader.ts',
    find: 'admit(bytes, this.#size)',
    replace: 'admit(bytes)',
    specs: [inputs],
  },
  {
    name: 'a body is counted for ever',
    file: 'http/post/post-message.ts',
    find: '  } finally {\n    unread?.release();\n  }',
    replace: '  }',
    specs: [inputs],
  },
  {
    name: 'what is posted is counted twice',
    file: 'http/post/post-message.ts',
    find: '    budget.add(-bytes);\n',
    replace: '',
    specs: [inputs],
  },
  {
    name: 'brackets are parsed before they are counted',
    file: 'http/post/json-body.ts',
    find: '  budget.admit(bytes);\n',
    replace: '',
    specs: [inputs],
  },
  {
    name: 'what a client is remembered by is counted for ever',
    file: 'session/live-session.ts',
    find: '    this.heldBytesChanged(-this.#handshakeBytes);\n',
    replace: '',
    specs: [inputs],
  },
  {
    name: 'what cannot be delivered is read first',
    file: 'http/post/post-message.ts',
    find: ' else checkDeliverable(exchange, dispatcher.locator.hostOf(sessionId));\n',
    replace: '\n',
    specs: [inputs],
  },
  {
    name: 'a batch may have any number of messages',
    file: 'http/post/post-message.ts',
    find: 'toMessages(json, maxBatch)',
    replace: 'toMessages(json)',
    specs: [inputs],
  },
  {
    name: 'what is cancelled keeps its slot for ever where nothing says that it is over',
    file: 'session/inbound/receiver.ts',
    find: 'releaseCancelledBefore(now - CANCELLED_MS)',
    replace: 'releaseCancelledBefore(now - 1_000 * CANCELLED_MS)',
    specs: [receivers],
  },
  {
    name: 'a request that never reached its handler is counted for ever',
    file: 'session/inbound/receiver.ts',
    find: '      if (isRequest(message)) this.inFlight.release(message.id);\n',
    replace: '',
    specs: [inputs],
  },
  {
    name: 'work that goes on counts as over when its session has closed',
    file: 'session/inbound/receiver.ts',
    find: 'if (!this.#sink?.reportsCompletion) this.inFlight.releaseCancelledBefore(Infinity);',
    replace: 'this.inFlight.releaseCancelledBefore(Infinity);',
    specs: [receivers, inputs],
  },
];

const counts = 'hostile/counts.spec.ts';
const claims = 'hostile/claims.spec.ts';
const registry = 'session/registry.ts';
const signer = 'session/resume/position-signer.ts';
const posts = 'http/post/post-message.ts';

const countMutants: readonly Mutant[] = [
  {
    name: 'a caller who is refused takes the place of a client that is away',
    file: 'http/get/open-session.ts',
    find: '    const data = await connect(exchange, runtime, clientAbort);\n',
    replace:
      '    sessions.makeRoom(principal);\n    const data = await connect(exchange, runtime, clientAbort);\n',
    specs: [counts],
  },
  {
    name: 'a version in a header stands for a handshake',
    file: 'session/live-session.ts',
    find: 'return this.handshake.started || this.#hasAnswered;',
    replace: 'return this.handshake.protocolVersion !== undefined || this.#hasAnswered;',
    specs: [counts],
  },
  {
    name: 'a client that works is closed for want of a handshake',
    file: 'session/live-session.ts',
    find: 'return this.handshake.started || this.#hasAnswered;',
    replace: 'return this.handshake.started;',
    specs: [counts],
  },
  {
    name: 'a stream whose client is asked who it is takes no slot',
    file: 'http/get/open-stream.ts',
    find: '    const writer = beginStream(exchange, runtime);\n    const askedAt',
    replace:
      '    sessions.freeSlot(principal);\n    const writer = beginStream(exchange, runtime);\n    const askedAt',
    specs: [counts],
  },
  {
    name: 'a stream whose client is asked who it is keeps its slot',
    file: 'http/get/open-stream.ts',
    find: '    sessions.freeSlot(principal);\n',
    replace: '',
    specs: [counts],
  },
];

const claimMutants: readonly Mutant[] = [
  {
    name: 'a position is taken with any tag',
    file: signer,
    find: 'timingSafeEqual(given, this.#tag(offset))',
    replace: 'timingSafeEqual(given, given)',
    specs: ['session/resume/position-signer.spec.ts', claims],
  },
  {
    name: 'neighbouring positions have one tag',
    file: signer,
    find: 'const start = (offset % TAGS) * TAG_BYTES;',
    replace: 'const start = 0;',
    specs: ['session/resume/position-signer.spec.ts'],
  },
  {
    name: 'all sessions sign positions alike',
    file: signer,
    find: 'key === undefined ? randomBytes(32) :',
    replace: 'key === undefined ? randomBytes(32).fill(0) :',
    specs: ['session/resume/position-signer.spec.ts'],
  },
  {
    name: "the application's own parameter is taken for the position",
    file: posts,
    find: "parameters.getAll('n').at(-1)",
    replace: "parameters.getAll('n').at(0)",
    specs: [claims],
  },
  {
    name: 'whoever knows its id gets the session of an anonymous client',
    file: registry,
    find: 'session.address === claim.address',
    replace: 'session.id === claim.sessionId',
    specs: [claims],
  },
  {
    name: 'resume.anonymous false lets the same address in',
    file: registry,
    find: '(anonymous !== false && session',
    replace: '(anonymous !== undefined && session',
    specs: [claims],
  },
  {
    name: 'resume.anonymous any is not heard',
    file: registry,
    find: "anonymous === 'any' || ",
    replace: '',
    specs: [claims],
  },
  {
    name: 'a principal is held to its address',
    file: registry,
    find: "if (principal !== undefined || claim.by !== 'probe') return true;",
    replace: "if (claim.by !== 'probe') return true;",
    specs: [claims],
  },
  {
    name: 'the body of a POST is looked at before its session',
    file: posts,
    find: 'const arriving = localHost.check(sessionId, principal);',
    replace: 'const arriving = void localHost;',
    specs: [claims],
  },
  {
    name: "somebody else's session has a refusal of its own",
    file: 'session/local-host.ts',
    find: 'throw sessionNotFound(principalsDiffer(session.principal, principal));',
    replace: "throw new McpSseError('session-not-found', 'not yours');",
    specs: [claims],
  },
];

/** Faults of what is counted, and of who gets what. */
export const accountMutants: readonly Mutant[] = [
  ...budgetMutants,
  ...countMutants,
  ...claimMutants,
];
