import type { Mutant } from './mutant.js';

/** Faults of what serves clients of every era at one URL. */
export const eraMutants: readonly Mutant[] = [
  {
    name: 'a cancellation overtakes its request, whose scopes are being checked',
    file: 'session/inbound/scope-gate.ts',
    find: '    await inFront;\n',
    replace: '    void inFront;\n',
    specs: ['session/inbound/scope-gate.spec.ts'],
  },
  {
    name: 'a request is dispatched before its scopes are known',
    file: 'session/inbound/scope-gate.ts',
    find: '    await checked;\n',
    replace: '    void checked;\n',
    specs: ['flows/scopes.spec.ts'],
  },
  {
    name: 'the challenge of another node is lost',
    file: 'cluster/peer.ts',
    find: 'return new McpSseError(known, message, { challenge });',
    replace: 'return new McpSseError(known, message, { challenge: challenge && undefined });',
    specs: ['flows/scopes.spec.ts'],
  },
  {
    name: 'a GET of Streamable HTTP without a session opens one that nobody uses',
    file: 'http/streamable/streamable-get.ts',
    find: 'if (version === undefined || version === ONLY_SSE || isEventSource(req)) return false;',
    replace: 'if (version !== null) return false;',
    specs: ['http/streamable/streamable-get.spec.ts'],
  },
  {
    name: 'requests of Streamable HTTP pass without a principal',
    file: 'http/streamable/serve-streamable.ts',
    find: 'const principal = await principalOf(exchange, runtime);',
    replace: 'const principal = await principalOf(exchange, runtime).catch(() => undefined);',
    specs: ['http/streamable/serve-streamable.spec.ts'],
  },
  {
    name: 'a shutdown leaves the streams of Streamable HTTP open',
    file: 'http/streamable/open-exchanges.ts',
    find: 'for (const res of [...this.#answers, ...this.#streams]) res.destroy();',
    replace: 'for (const res of this.#answers) res.destroy();',
    specs: ['http/streamable/open-exchanges.spec.ts'],
  },
  {
    name: 'everybody is told of a resource that has changed',
    file: 'session/local-host.ts',
    find: 'const concerned = uri === undefined || settings.subscriptions.has(uri);',
    replace: 'const concerned = uri === undefined || settings.subscriptions.size >= 0;',
    specs: ['session/changes.spec.ts'],
  },
  {
    name: 'a client is told of changes before its handshake is over',
    file: 'session/local-host.ts',
    find: 'if (over && concerned) void session.sendFrame(message, frame);',
    replace: 'if (concerned || over) void session.sendFrame(message, frame);',
    specs: ['session/changes.spec.ts'],
  },
  {
    name: 'a GET that looks for authentication opens a session',
    file: 'http/streamable/streamable-get.ts',
    find: 'if (acceptsBoth(headers.accept) && !isEventSource(req)) return true;',
    replace: '',
    specs: ['http/streamable/streamable-get.spec.ts'],
  },
  {
    name: 'the first stream of the AI SDK goes to Streamable HTTP',
    file: 'http/streamable/streamable-get.ts',
    find: "return !AI_SDK.test(headers['user-agent'] ?? '');",
    replace: 'return !AI_SDK.test(version);',
    specs: ['http/streamable/streamable-get.spec.ts'],
  },
  {
    name: 'the demo keeps sessions of Streamable HTTP without bound',
    file: 'cli/streamable-sessions.ts',
    find: 'if (oldest && this.#sessions.size >= MAX_SESSIONS) await this.#end(...oldest);',
    replace: 'if (oldest && this.#sessions.size < 0) await this.#end(...oldest);',
    specs: ['cli/streamable-sessions.spec.ts'],
  },
];
