import type { Mutant } from './mutant.js';

const AUTHORIZATION = 'bridge/authorization.spec.ts';
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
    name: 'bridge: the last headers are those of every message',
    file: 'bridge/http-transport.ts',
    find: '  if (!headers.has(MARK)) {',
    replace: '  if (headers.has(MARK)) {',
    specs: ['bridge/headers.spec.ts'],
  },
  {
    name: 'bridge: a client may say which protocol a request has',
    file: 'bridge/translation.ts',
    find: 'this.#withLevel(withoutRequestMeta(given))',
    replace: 'this.#withLevel(given)',
    specs: [TRANSLATION],
  },
  {
    name: 'bridge: nobody is told that the stream of a call has ended',
    file: 'bridge/http-transport.ts',
    find: '      if (!this.#unanswered.delete(id)) return;',
    replace: '      if (this.#unanswered.delete(id)) return;',
    specs: [TRANSLATION],
  },
  {
    name: 'bridge: one message may have any size',
    file: 'bridge/http-transport.ts',
    find: '    if (held <= maxBytes) controller.enqueue(value);',
    replace: '    if (held <= Infinity) controller.enqueue(value);',
    specs: ['bridge/faults.spec.ts'],
  },
  {
    name: 'bridge: an upstream sends clients to metadata of others',
    file: 'bridge/challenge.ts',
    find: "  if (name === 'resource_metadata' && !isOwn(value, upstream)) return;\n",
    replace: '',
    specs: ['bridge/challenge.spec.ts'],
  },
  {
    name: "bridge: the question for a caller takes the caller's token elsewhere",
    file: 'bridge/authorization.ts',
    find: "redirect: 'manual'",
    replace: "redirect: 'follow'",
    specs: [AUTHORIZATION],
  },
  {
    name: 'bridge: a token that was refused is refused for good',
    file: 'bridge/authorization.ts',
    find: '    this.#error = undefined;\n',
    replace: '',
    specs: [AUTHORIZATION],
  },
  {
    name: 'bridge: another token is refused for the one before it',
    file: 'bridge/authorization.ts',
    find: 'if (error && token === this.#token) throw error;',
    replace: 'if (error) throw error;',
    specs: [AUTHORIZATION],
  },
  {
    name: "bridge: a client's header replaces the bridge's own",
    file: 'bridge/http-transport.ts',
    find: 'for (const [name, value] of Object.entries(own)) headers.set(name, value);',
    replace:
      'for (const [name, value] of Object.entries(own)) if (!headers.has(name)) headers.set(name, value);',
    specs: ['bridge/hostile.spec.ts'],
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
];
