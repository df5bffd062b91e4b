import type { Mutant } from './mutant.js';

const ENDINGS = 'bridge/endings.spec.ts';
const ODD_PROGRAMS = 'bridge/odd-programs.spec.ts';
const ODD_UPSTREAMS = 'bridge/odd-upstreams.spec.ts';
const RELAY = 'bridge/relay.spec.ts';
const RESTARTS = 'bridge/restarts.spec.ts';
const STDIO = 'bridge/stdio.spec.ts';
const TRANSLATION = 'bridge/translation.spec.ts';

/** The bridge: what goes on to the upstream, what outlives it, and what is left. */
export const bridge: readonly Mutant[] = [
  {
    name: "bridge: the upstream's own ids go to the client",
    file: 'bridge/client-calls.ts',
    find: '    this.#send({ ...request, id });',
    replace:
      '    this.#calls.set(String(request.id), this.#calls.get(id)!);\n    this.#send({ ...request, id: String(request.id) });',
    specs: [RESTARTS],
  },
  {
    name: 'bridge: the first messages do not wait for the stream of the upstream',
    file: 'bridge/link.ts',
    find: '    if (this.transport instanceof HttpTransport) await this.transport.streamOpened();',
    replace: '',
    specs: [RELAY],
  },
  {
    name: 'bridge: a session that the upstream forgot is not made again',
    file: 'bridge/relay.ts',
    find: 'link?.hasSession === true && isUnknownSession(failed)',
    replace: 'false && link?.hasSession === true && isUnknownSession(failed)',
    specs: [RESTARTS],
  },
  {
    name: 'bridge: subscriptions are forgotten at a restart',
    file: 'bridge/memory.ts',
    find: '      this.#subscriptions.set(params.uri, params);',
    replace: '',
    specs: [RESTARTS],
  },
  {
    name: 'bridge: the children of a child are left alive',
    file: 'bridge/child-transport.ts',
    find: "if (process.platform !== 'win32') attempt(() => process.kill(-pid, signal), false);",
    replace: "if (process.platform !== 'win32') attempt(() => process.kill(pid, signal), false);",
    specs: [STDIO],
  },
  {
    name: 'bridge: a command inherits the environment',
    file: 'bridge/child-transport.ts',
    find: '      env,\n',
    replace: '      env: { ...process.env, ...env },\n',
    specs: [STDIO],
  },
  {
    name: 'bridge: any number of processes may run',
    file: 'bridge/bridge.ts',
    find: 'sessions.size >= settings.maxProcesses',
    replace: 'sessions.size > settings.maxProcesses',
    specs: [STDIO],
  },
  {
    name: 'bridge: a client may say which protocol a request has',
    file: 'bridge/translation.ts',
    find: 'this.#withLevel(withoutRequestMeta(given))',
    replace: 'this.#withLevel(given)',
    specs: [TRANSLATION],
  },
  {
    name: 'bridge: a session that ends waits for a handshake that hangs',
    file: 'bridge/bridged-session.ts',
    find: '    await this.#next?.close();\n',
    replace: '',
    specs: [ENDINGS],
  },
  {
    name: 'bridge: a session that ends waits for a reconnect that hangs',
    file: 'bridge/connection.ts',
    find: '    if (this.#next) this.#leave(this.#next);\n',
    replace: '',
    specs: [ENDINGS],
  },
  {
    name: 'bridge: a session that is opened too late is left to the upstream',
    file: 'bridge/bridged-session.ts',
    find: '    if (this.#opening) await untilOpen(this.#opening, settings);\n',
    replace: '    void [untilOpen, settings];\n',
    specs: [ENDINGS],
  },
  {
    name: 'bridge: what an upstream is about to refuse is cut off',
    file: 'bridge/link.ts',
    find: '    if (sent) await settledWithin(sent, closeTimeoutMs);\n',
    replace: '    void sent;\n    void closeTimeoutMs;\n',
    specs: [ODD_UPSTREAMS],
  },
  {
    name: 'bridge: a request between two processes is refused',
    file: 'bridge/relay.ts',
    find: "isForgotten || wasLost || failed.reason === 'unreachable'",
    replace: 'isForgotten || wasLost',
    specs: [ODD_PROGRAMS],
  },
  {
    name: 'bridge: a process that has closed its pipes is kept',
    file: 'bridge/child-transport.ts',
    find: '      if (this.#isClosing || !running.has(this)) return;\n      this.onerror',
    replace: '      return;\n      this.onerror',
    specs: [ODD_PROGRAMS],
  },
  {
    name: 'bridge: a timer that is early counts as an attempt',
    file: 'bridge/connection.ts',
    find: '      if (this.#pauses.leftMs > 0) {\n        this.#againSoon();\n        return;\n      }\n',
    replace: '',
    specs: ['bridge/lost.spec.ts'],
  },
  {
    name: 'bridge: an upstream that cannot be reached counts as open',
    file: 'bridge/statistics.ts',
    find: "    this.changed({ state: isTriedAgain ? 'reconnecting' : 'failed' });",
    replace: '    void isTriedAgain;',
    specs: ['bridge/states.spec.ts'],
  },
  {
    name: 'bridge: a call of a session that was forgotten waits for its deadline',
    file: 'bridge/relay.ts',
    find: "      this.#pending.settleAll(link, forgotten, 'taken');\n",
    replace: '      void forgotten;\n',
    specs: [ODD_UPSTREAMS],
  },
  {
    name: 'bridge: a session from another node waits for its upstream',
    file: 'bridge/bridged-session.ts',
    find: 'const isReplayed = Object.keys(headers).length === 0;',
    replace: 'const isReplayed = false;',
    specs: ['bridge/hand-over.spec.ts'],
  },
  {
    name: 'bridge: one line of a program may have any size',
    file: 'bridge/line-reader.ts',
    find: '      if (this.#held + end - start > this.#maxBytes) return false;\n',
    replace: '',
    specs: ['bridge/line-reader.spec.ts'],
  },
  {
    name: 'bridge: a program that floods its stdout holds up the event loop',
    file: 'bridge/child-transport.ts',
    find: '      tookFromStdout(chunk.length);\n',
    replace: '',
    specs: ['bridge/odd-programs.spec.ts'],
  },
  {
    name: 'bridge: a program that floods its stderr holds up the event loop',
    file: 'bridge/child-transport.ts',
    find: '    took(text.length);\n',
    replace: '',
    specs: ['bridge/odd-programs.spec.ts'],
  },
];
