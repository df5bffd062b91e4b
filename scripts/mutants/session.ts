import type { Mutant } from './mutant.js';

const session = 'session/live-session.ts';
const inlet = 'session/inbound/receiver.ts';
const outlet = 'session/outbound/sender.ts';
const inFlight = 'session/inbound/in-flight.ts';
const registry = 'session/registry.ts';
const hooks = 'session/events/session-events.ts';
const opening = 'http/get/open-session.ts';
const root = 'mcp-sse.ts';

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
    find: `void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';`,
    replace: `void {
    this.#state = 'closed';`,
    specs: [closing],
  },
  {
    name: 'a close waits for the stream to end before it is one',
    file: session,
    find: `    this.receiver.close(closed);
    this.#observer.closed(this, reason);
`,
    replace: `    void this.#finished.then(() => {
      this.receiver.close(closed);
      this.#observer.closed(this, reason);
    });
`,
    specs: [closing],
  },
  {
    name: 'a close cuts off what was already sent',
    file: session,
    find: 'if (!ABRUPT.has(reason)) return',
    replace: 'if (ABRUPT.size === 0) return',
    specs: [closing],
  },
  {
    name: 'the signal is not aborted by the close',
    file: session,
    find: '    this.#abort?.abort(closed);\n',
    replace: '',
    specs: [closing],
  },
  {
    name: 'requests in flight outlive their session',
    file: inlet,
    find: '    this.inFlight.cancelAll(reason);\n',
    replace: '',
    specs: [closing],
  },
  {
    name: 'a producer is not told of the close',
    file: outlet,
    find: '    this.#pump.close(closed);\n    await',
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
    find: '      if (message.id != null) this.receiver.inFlight.release(message.id);\n',
    replace: '',
    specs: [sessions],
  },
  {
    name: 'requests are not counted as released',
    file: inFlight,
    find: 'const known = this.#requests.delete(id);',
    replace: 'const known = this.#requests.has(id);',
    specs: ['session/inbound/in-flight.spec.ts'],
  },
  {
    name: 'the same id may run twice',
    file: inFlight,
    find: 'new Set(ids).size < ids.length || ids.some((id) => this.#requests.has(id))',
    replace: 'new Set(ids).size < ids.length',
    specs: ['http/post/in-flight.spec.ts'],
  },
  {
    name: 'a slot is freed twice',
    file: root,
    find: '      sessions.freeSlot(session.principal);\n',
    replace: `      sessions.freeSlot(session.principal);
      sessions.freeSlot(session.principal);
`,
    specs: [capacity],
  },
  {
    name: 'a slot is never freed',
    file: root,
    find: '      sessions.freeSlot(session.principal);\n',
    replace: '',
    specs: [capacity],
  },
  {
    name: 'a slot is taken after the hooks were awaited',
    file: opening,
    find: `  runtime.sessions.takeSlot(caller.principal);
  const session = await prepare(exchange, runtime, caller, departure).finally(() => {
    departure.dispose();
  });
`,
    replace: `  const session = await prepare(exchange, runtime, caller, departure).finally(() => {
    departure.dispose();
  });
  runtime.sessions.takeSlot(caller.principal);
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
    find: 'if (departure.hasAborted()) session.close',
    replace: 'if (departure === undefined) session.close',
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
    find: 'if (afterwards) afterwards.push(run);',
    replace: 'if (afterwards === null) run();',
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
