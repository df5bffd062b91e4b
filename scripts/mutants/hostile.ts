import type { Mutant } from './mutant.js';

const corpus = 'hostile/corpus.spec.ts';
const fuzz = 'hostile/fuzz.spec.ts';
const cuts = 'faults/cuts.spec.ts';
const clock = 'faults/clock.spec.ts';
const sockets = 'faults/failing-sockets.spec.ts';
const adapters = 'faults/adapters.spec.ts';
const strange = 'faults/strange-throws.spec.ts';
const shutdown = 'faults/shutdown-amid.spec.ts';
const frozen = 'faults/frozen-process.spec.ts';

const body = 'http/post/json-body.ts';
const reader = 'http/post/body-reader.ts';
const jsonRpc = 'wire/json-rpc.ts';

/** What bad input could do, if the edge let it. */
const inputMutants: readonly Mutant[] = [
  {
    name: 'bytes that are no UTF-8 are replaced',
    file: body,
    find: "  if (!isUtf8(text)) throw new McpSseError('parse-error', 'the body is not UTF-8');\n",
    replace: '  void isUtf8;\n',
    specs: [corpus],
  },
  {
    name: 'the error of bad JSON quotes it',
    file: body,
    find: "throw new McpSseError('parse-error', 'the body is not JSON');",
    replace: "throw new McpSseError('parse-error', text.slice(0, 100));",
    specs: [corpus],
  },
  {
    name: 'a body is counted only where it declares its length',
    file: reader,
    find: 'this.#size += bytes.length;',
    replace: 'this.#size += 0;',
    specs: [corpus],
  },
  {
    name: 'a content type need only begin like JSON',
    file: body,
    find: "return type === 'application/json' && ",
    replace: "return type.startsWith('application/json') && ",
    specs: [corpus],
  },
  {
    name: 'the second sessionId is not looked at',
    file: 'http/post/post-message.ts',
    find: "if (id === undefined || id === '' || more.length > 0) {",
    replace: "if (id === undefined || id === '' || more.length > 99) {",
    specs: [corpus],
  },
  {
    name: 'a host need only begin with localhost',
    file: 'util/guards.ts',
    find: "    name === 'localhost' ||\n",
    replace: "    name.startsWith('localhost') ||\n",
    specs: [corpus],
  },
  {
    name: 'an origin need only contain the host',
    file: 'http/guard/origin-guard.ts',
    find: 'return hostname === nameOf(host) && pagePort === hostPort;',
    replace: 'return hostname.includes(nameOf(host)) && pagePort === hostPort;',
    specs: [corpus],
  },
  {
    name: 'whatever a client accepts gets a stream',
    file: 'http/get/open-stream.ts',
    find: 'accepts(req).type(SERVED) === false',
    replace: 'accepts(req).type(SERVED) === undefined',
    specs: [corpus],
  },
  {
    name: 'a malformed Last-Event-ID gets a new session',
    file: 'http/get/resume-request.ts',
    find: "  return typeof id === 'string' && id !== '' ? id : undefined;",
    replace: "  return typeof id === 'string' && parseEventId(id) ? id : undefined;",
    specs: [corpus],
  },
  {
    name: 'HEAD opens a stream',
    file: 'http/routes.ts',
    find: 'if (req.method === METHODS[name]) await',
    replace: "if (req.method === METHODS[name] || req.method === 'HEAD') await",
    specs: [corpus],
  },
  {
    name: 'a request may have any number for an id',
    file: jsonRpc,
    find: "typeof id === 'string' || Number.isSafeInteger(id)",
    replace: "typeof id === 'string' || typeof id === 'number'",
    specs: [corpus, fuzz],
  },
  {
    name: 'the version of JSON-RPC is not looked at',
    file: jsonRpc,
    find: "if (!isRecord(value) || value.jsonrpc !== '2.0') return false;",
    replace: 'if (!isRecord(value)) return false;',
    specs: [fuzz],
  },
  {
    name: 'ids may come twice in a batch',
    file: 'session/inbound/in-flight.ts',
    find: 'new Set(ids).size < ids.length || ',
    replace: '',
    specs: [corpus],
  },
];

/** What faults could leave behind. */
const faultMutants: readonly Mutant[] = [
  {
    name: 'a session that has ended stays in the registry',
    file: 'session/session-reports.ts',
    find: 'if (sessions.remove(session)) events.closed(session, reason);',
    replace: 'events.closed(session, reason);',
    specs: [cuts],
  },
  {
    name: 'an end that throws is nobody’s',
    file: 'stream/connection-writer.ts',
    find: 'this.#isEnding() && this.#pendingSections === 0) this.#endResponse();',
    replace: 'this.#isEnding() && this.#pendingSections === 0) this.#response.end();',
    specs: [sockets],
  },
  {
    name: 'deadlines are on the clock on the wall',
    file: 'session/sweeper.ts',
    find: 'this.sweep(performance.now());',
    replace: 'this.sweep(Date.now() - performance.timeOrigin);',
    specs: [clock],
  },
  {
    name: 'what an adapter throws is not caught',
    file: 'cluster/membership.ts',
    find: `  async transmit(to: string, frame: string): Promise<boolean> {
    const member = this.#member;
    if (!member || !this.#up) throw outOfReach();`,
    replace: `  transmit(to: string, frame: string): Promise<boolean> {
    const member = this.#member;
    if (!member || !this.#up) return Promise.reject(outOfReach());`,
    specs: [adapters],
  },
  {
    name: 'the goodbye of an adapter has no deadline',
    file: 'cluster/membership.ts',
    find: 'await settledWithin(leave(this.#member), LEAVE_MS)',
    replace: 'await settledWithin(leave(this.#member), 1e9)',
    specs: [adapters],
  },
  {
    name: 'what was thrown is taken for something that can be read',
    file: 'util/foreign-error.ts',
    find: '  } catch {\n    return fallback;',
    replace:
      '  } catch (unreadable) {\n    if (unreadable) throw unreadable;\n    return fallback;',
    specs: [strange],
  },
  {
    name: 'a resume key may be a promise',
    file: 'http/get/open-stream.ts',
    find: "if (key === undefined || typeof key === 'string') return key;",
    replace: 'if (key !== null) return key as string;',
    specs: [strange],
  },
  {
    name: 'a shutdown waits for those who are asked who they are',
    file: 'mcp-sse.ts',
    find: '      probes.giveUp();\n',
    replace: '',
    specs: [shutdown],
  },
  {
    name: 'a shutdown waits for requests by no deadline',
    file: 'session/shutdown.ts',
    find: 'if (await until(deadline, inFlight.idle())) return;',
    replace: 'if (await inFlight.idle().then(() => true)) return;',
    specs: [shutdown],
  },
  {
    name: 'a shutdown waits for hooks by no deadline but theirs',
    file: 'session/shutdown.ts',
    find: '    await until(deadline, this.#events.idle());\n',
    replace: '    await this.#events.idle();\n',
    specs: [shutdown],
  },
  {
    name: 'a ping that is not answered ends nothing',
    file: 'session/heartbeat.ts',
    find: "session.sender.dropConnection(new McpSseError('ping-timeout', error.message));",
    replace: 'void error.message;',
    specs: [frozen],
  },
];

/** Faults that the rooms `spec/hostile` and `spec/faults` are there for. */
export const hostileMutants: readonly Mutant[] = [...inputMutants, ...faultMutants];
