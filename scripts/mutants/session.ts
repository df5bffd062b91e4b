import type { Mutant } from './mutant.js';

const session = 'session/live-session.ts';
const inlet = 'session/inbound/receiver.ts';
const outlet = 'session/outbound/sender.ts';
const inFlight = 'session/inbound/in-flight.ts';
const registry = 'session/registry.ts';
const hooks = 'session/events/session-events.ts';
const opening = 'http/get/open-session.ts';

const sessions = 'session/live-session.spec.ts';
const closing = 'session/live-session-close.spec.ts';
const endpointFirst = 'http/get/endpoint-first.spec.ts';
const capacity = 'http/get/capacity.spec.ts';
const leaving = 'http/get/leaving.spec.ts';

const ANNOUNCE = '    void writer.write(resumeStrategy.endpointEvent(messageUrl, offset));\n';
const ATTACH = '    this.#pump.attach(writer, offset, resumeStrategy.decorate);\n';

export const sessionMutants: readonly Mutant[] = [
  {
    name: 'the close hook is called twice',
    file: session,
    find: `error: McpSseError | undefined): void {
    if (this.#state === 'closed') return;`,
    replace: 'error: McpSseError | undefined): void {',
    specs: [closing],
  },
  {
    name: 'a close waits for the stream to end before it is one',
    file: session,
    find: `    this.#release(errorOf);
    this.#observer.closed(this, reason);
`,
    replace: `    void this.#finished.then(() => {
      this.#release(errorOf);
      this.#observer.closed(this, reason);
    });
`,
    specs: [closing],
  },
  {
    name: 'a close cuts off what was already sent',
    file: 'session/outbound/sender.ts',
    find: 'if (!ABRUPT.has(reason)) return',
    replace: 'if (ABRUPT.size === 0) return',
    specs: [closing],
  },
  {
    name: 'the signal is not aborted by the close',
    file: session,
    find: '    this.#abort?.abort(errorOf());\n',
    replace: '',
    specs: [closing],
  },
  {
    name: 'requests in flight outlive their session',
    file: inlet,
    find: '    this.inFlight.cancelAll(reasonOf);\n',
    replace: '',
    specs: [closing],
  },
  {
    name: 'a producer is not told of the close',
    file: outlet,
    find: '    this.#pump.close(errorOf);\n    await',
    replace: '    await',
    specs: [closing],
  },
  {
    name: 'the endpoint event comes after what was sent before it',
    file: outlet,
    find: ANNOUNCE + ATTACH,
    replace: ATTACH + ANNOUNCE,
    specs: [sessions],
  },
  {
    name: 'the endpoint event comes after what was sent before it, on the wire',
    file: outlet,
    find: ANNOUNCE + ATTACH,
    replace: ATTACH + ANNOUNCE,
    specs: [endpointFirst],
  },
  {
    name: 'an answered request stays in flight',
    file: session,
    find: '      this.receiver.inFlight.release(answered);\n',
    replace: '',
    specs: [sessions],
  },
  {
    name: 'requests are not counted as released',
    file: inFlight,
    find: '    this.#requests?.delete(id);\n',
    replace: '',
    specs: ['session/inbound/in-flight.spec.ts'],
  },
  {
    name: 'a cancellation frees the slot while the work goes on',
    file: inFlight,
    find: '    running.controller?.abort(reason);\n',
    replace: '    running.controller?.abort(reason);\n    this.release(id);\n',
    specs: ['session/inbound/in-flight.spec.ts', 'http/post/in-flight.spec.ts'],
  },
  {
    name: 'what a request holds is not given back',
    file: inFlight,
    find: '    this.#owner.heldBytesChanged(-running.bytes);\n',
    replace: '',
    specs: ['session/inbound/in-flight.spec.ts'],
  },
  {
    name: 'a signal that is looked at after the cancellation does not know of it',
    file: inFlight,
    find: 'if (running.cancelledAt !== undefined) running.controller.abort(over());',
    replace: '',
    specs: ['session/serve/handler-signal.spec.ts'],
  },
  {
    name: 'what was just cancelled counts as over',
    file: inFlight,
    find: ' && cancelledAt <= time)',
    replace: ')',
    specs: ['session/inbound/in-flight.spec.ts'],
  },
  {
    name: 'the same id may run twice',
    file: inFlight,
    find: 'new Set(ids).size < ids.length || ids.some((id) => this.#requests?.has(id))',
    replace: 'new Set(ids).size < ids.length',
    specs: ['http/post/in-flight.spec.ts'],
  },
  {
    name: 'a slot is freed twice',
    file: 'session/session-reports.ts',
    find: '      sessions.freeSlot(session.principal);\n      // A session that never',
    replace: `      sessions.freeSlot(session.principal);
      sessions.freeSlot(session.principal);
      // A session that never`,
    specs: [capacity],
  },
  {
    name: 'a slot is never freed',
    file: 'session/session-reports.ts',
    find: '      sessions.freeSlot(session.principal);\n      // A session that never',
    replace: '      // A session that never',
    specs: [capacity],
  },
  {
    name: 'a slot is taken after the hooks were awaited',
    file: opening,
    find: `  sessions.takeSlot(caller.principal);
  const session = await prepare(exchange, runtime, caller, clientAbort).finally(() => {
    clientAbort.dispose();
  });
`,
    replace: `  const session = await prepare(exchange, runtime, caller, clientAbort).finally(() => {
    clientAbort.dispose();
  });
  sessions.takeSlot(caller.principal);
`,
    specs: [capacity],
  },
  {
    name: 'a client that leaves while its stream opens keeps its slot',
    file: opening,
    find: '    if (!session) sessions.freeSlot(principal);\n',
    replace: '',
    specs: [leaving],
  },
  {
    name: 'nobody looks whether the client is still there when its stream opens',
    file: opening,
    find: 'if (clientAbort.hasAborted()) session.close',
    replace: 'if (clientAbort === undefined) session.close',
    specs: [leaving],
  },
  {
    name: 'a session takes the place of a live one with its id',
    file: registry,
    find: '    if (this.#sessions.get(session.id) !== session) return false;\n',
    replace: '',
    specs: ['session/registry.spec.ts'],
  },
  {
    name: 'the close is told while the open still runs',
    file: hooks,
    find: 'if (afterwards) afterwards.push(hook);',
    replace: 'if (afterwards === null) hook();',
    specs: ['session/events/hooks-order.spec.ts'],
  },
  {
    name: 'a hook may hang for ever',
    file: hooks,
    find: '      this.#timeoutMs,\n',
    replace: '      2 ** 31,\n',
    specs: ['session/events/hooks-connect.spec.ts'],
  },
];
