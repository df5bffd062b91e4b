import type { Mutant } from './mutant.js';

const AUTHORIZATION = 'bridge/authorization.spec.ts';
const ODD_UPSTREAMS = 'bridge/odd-upstreams.spec.ts';
const STREAMS = 'bridge/upstream-streams.spec.ts';
const TRANSLATION = 'bridge/translation.spec.ts';

/** The bridge: what it makes of the headers, answers and streams of an upstream with a URL. */
export const bridgeHttp: readonly Mutant[] = [
  {
    name: 'bridge: the last headers are those of every message',
    file: 'bridge/http-transport.ts',
    find: '  if (!headers.has(MARK)) {',
    replace: '  if (headers.has(MARK)) {',
    specs: ['bridge/headers.spec.ts'],
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
    file: 'bridge/bounded-response.ts',
    find: '    if (held <= maxBytes) controller.enqueue(value);',
    replace: '    if (held <= Infinity) controller.enqueue(value);',
    specs: ['bridge/faults.spec.ts'],
  },
  {
    name: 'bridge: a 400 to the GET of a stream says nothing of the session',
    file: 'bridge/http-transport.ts',
    find: 'saysUnknownSession(text) ? 404 : 400',
    replace: '400',
    specs: [ODD_UPSTREAMS],
  },
  {
    name: 'bridge: events that end in two chunks are one',
    file: 'bridge/bounded-response.ts',
    find: '    if (isBlank(this.#last, first)) this.#held = 0;\n',
    replace: '',
    specs: [STREAMS],
  },
  {
    name: 'bridge: one end of a line ends an event, if it comes in two chunks',
    file: 'bridge/bounded-response.ts',
    find: '(before === LF && (after === LF || after === CR)) || (before === CR && after === CR);',
    replace: '(before === LF || before === CR) && (after === LF || after === CR);',
    specs: [STREAMS],
  },
  {
    name: 'bridge: the upstream says how often its stream is opened again',
    file: 'bridge/http-transport.ts',
    find: 'const pause = Math.min(Math.max(delay, LEAST_PAUSE_MS), MAX_DELAY_MS);',
    replace: 'const pause = delay;',
    specs: [STREAMS],
  },
  {
    name: 'bridge: an upstream without a stream has forgotten the session',
    file: 'bridge/http-transport.ts',
    find: 'if (isFirst && (NO_STREAM.has(response.status) || isOther)) {',
    replace: 'if (isFirst && (response.status === 405 || isOther)) {',
    specs: [STREAMS],
  },
  {
    name: 'bridge: a stream that was refused for now is given up',
    file: 'bridge/http-transport.ts',
    find: '        this.#schedule(this.#listen.bind(this, attempt + 1), pause, attempt);\n',
    replace: '        void pause;\n',
    specs: [STREAMS],
  },
  {
    name: 'bridge: a stream that was given up is not told of',
    file: 'bridge/http-transport.ts',
    find: '      if (attempt === 0) this.#report.failed(error);\n',
    replace: '',
    specs: [STREAMS],
  },
  {
    name: 'bridge: two streams are opened after the handshake',
    file: 'bridge/http-transport.ts',
    find: 'number === INITIALIZED && response.ok',
    replace: 'number === INITIALIZED && response.status === 200',
    specs: [STREAMS],
  },
  {
    name: 'bridge: a handshake that ends with a stream does not end',
    file: 'bridge/http-transport.ts',
    find: '    if (number === INITIALIZED && response.ok) {',
    replace: '    if (number === INITIALIZED && response.status === 202) {',
    specs: [STREAMS],
  },
  {
    name: 'bridge: a 202 without a stream is waited for',
    file: 'bridge/http-transport.ts',
    find: '  if (streams.areTried) return;\n  await',
    replace: '  if (streams.areTried || !streams.areTried) return;\n  await',
    specs: [STREAMS],
  },
  {
    name: 'bridge: a body without the answer is waited for',
    file: 'bridge/http-transport.ts',
    find: '      if (bodies.has(number)) ended();\n',
    replace: '',
    specs: [ODD_UPSTREAMS],
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
];
