import type { Mutant } from './mutant.js';

const eventStream = 'wire/sse-encoder.ts';
const jsonRpc = 'wire/json-rpc.ts';
const events = 'wire/encode-event.spec.ts';
const messages = 'wire/encode-message.spec.ts';
const rpc = 'wire/json-rpc.spec.ts';
const foreign = 'wire/foreign-line-ends.spec.ts';
const parser = 'wire/sse-parser.ts';
const parsing = 'wire/sse-parser.spec.ts';
const promises = 'util/promises.ts';
const parsedSize = 'wire/json-size.ts';
const sizes = 'wire/json-size.spec.ts';
const deadlines = 'util/promises.spec.ts';

export const wireMutants: readonly Mutant[] = [
  {
    name: 'a carriage return in data is no line break',
    file: eventStream,
    find: '/\\r\\n|\\r|\\n/',
    replace: '/\\r\\n|\\n/',
    specs: [events],
  },
  {
    name: 'line breaks in ids and types are let through',
    file: eventStream,
    find: '/[\\r\\n]/.test(value)',
    replace: '/[\\n]/.test(value)',
    specs: [events],
  },
  {
    name: 'a NUL in an id is let through',
    file: eventStream,
    find: "(field === 'id' && value.includes('\\0'))",
    replace: "(field === 'id' && value.includes('\\0\\0'))",
    specs: [events],
  },
  {
    name: 'a message is counted in characters',
    file: eventStream,
    find: 'bytes: Buffer.byteLength(json) + MESSAGE_OVERHEAD',
    replace: 'bytes: json.length + MESSAGE_OVERHEAD',
    specs: [messages],
  },
  {
    name: 'what is no object is written as a message',
    file: eventStream,
    find: '    assertObject(json);\n',
    replace: '',
    specs: [messages],
  },
  {
    name: 'an empty batch is taken',
    file: jsonRpc,
    find: 'if (parsed.length === 0) throw',
    replace: 'if (parsed.length < 0) throw',
    specs: [rpc],
  },
  {
    name: 'a request may have a null id',
    file: jsonRpc,
    find: "typeof id === 'string' || Number.isSafeInteger(id)",
    replace: "id === null || typeof id === 'string' || Number.isSafeInteger(id)",
    specs: [rpc],
  },
  {
    name: 'messages are copied',
    file: jsonRpc,
    find: 'if (isMessage(value)) return value;',
    replace: 'if (isMessage(value)) return { ...value };',
    specs: [rpc],
  },
  {
    name: 'a deadline comes before what has arrived already',
    file: promises,
    find: 'grace = clock.setImmediate(expire);',
    replace: 'expire();',
    specs: [deadlines],
  },
  {
    name: 'the signal of late work is not aborted',
    file: promises,
    find: '        abort.abort();\n',
    replace: '',
    specs: [deadlines],
  },
  {
    name: 'a foreign `then` is called by hand',
    file: promises,
    find: 'void ignoreRejection(settled(value));',
    replace: 'value.then(undefined, () => undefined);',
    specs: [deadlines],
  },
  {
    name: 'a `then` that throws is read unguarded',
    file: promises,
    find: '    return true;\n',
    replace: '    throw new Error();\n',
    specs: [deadlines],
  },
  {
    name: 'line ends of other languages leave as they are in messages',
    file: eventStream,
    find: 'return hasForeignLineEnd(json) ? json.replace(FOREIGN_LINE_ENDS, jsonEscape) : json;',
    replace: 'return json;',
    specs: [foreign],
  },
  {
    name: 'line ends of other languages leave as they are in URLs',
    file: eventStream,
    find: 'return hasForeignLineEnd(url) ? url.replace(FOREIGN_LINE_ENDS, encodeURIComponent) : url;',
    replace: 'return url;',
    specs: [foreign],
  },
  {
    name: 'all streams share one object of headers',
    file: eventStream,
    find: "  return {\n    'Content-Type'",
    replace: "  return (globalThis as never as { head: object }).head ??= {\n    'Content-Type'",
    specs: ['http/mutated-heads.spec.ts'],
  },
  {
    name: 'a line is split again with each piece of it',
    file: parser,
    find: 'this.#readLines(chunk, skipsMark || skipsLf ? 1 : 0);',
    replace:
      "this.#readLines(this.#partial.takeWith('') + chunk.slice(skipsMark || skipsLf ? 1 : 0), 0);",
    specs: [parsing],
  },
  {
    name: 'an LF that comes in the next piece after its CR ends another line',
    file: parser,
    find: 'const skipsLf = this.#afterCr && ',
    replace: 'const skipsLf = !this.#afterCr && ',
    specs: [parsing],
  },
  {
    name: 'an id is known before its event is complete',
    file: parser,
    find: "else if (name === 'id' && !value.includes('\\0')) this.#id = value;",
    replace:
      "else if (name === 'id' && !value.includes('\\0')) this.#listener.lastEventId?.((this.#id = value));",
    specs: [parsing, 'client/resumable-fetch.spec.ts'],
  },
  {
    name: 'a stack that throws is read unguarded',
    file: 'util/foreign-error.ts',
    find: 'attempt<unknown>(() => error.stack, undefined)',
    replace: '(error.stack as unknown)',
    specs: ['util/foreign-error.spec.ts'],
  },
  {
    name: 'a proxy of an error of ours passes for one',
    file: 'errors.ts',
    find: 'types.isProxy(thrown) || ',
    replace: '',
    specs: ['util/foreign-error.spec.ts'],
  },
  {
    name: 'what a server rejects with is nobody’s',
    file: 'session/serve/sdk-server.ts',
    find: 'if (isPromiseLike(returned)) settled(returned).catch(failed);',
    replace: '',
    specs: ['faults/hostile-values.spec.ts'],
  },
  {
    name: 'an answer with an id that has no JSON form is answered for ever',
    file: 'wire/json-rpc.ts',
    find: "return typeof id === 'string' || typeof id === 'number' ? id : undefined;\n}\n\n/** The id that a",
    replace: 'return id as RequestId;\n}\n\n/** The id that a',
    specs: ['faults/hostile-values.spec.ts'],
  },
  {
    name: 'parsed arrays are told smaller than they are',
    file: parsedSize,
    find: 'const ARRAY_BYTES = 56;',
    replace: 'const ARRAY_BYTES = 32;',
    specs: [sizes],
  },
  {
    name: 'names of their own are told to cost nothing',
    file: parsedSize,
    find: 'const MEMBER_BYTES = 160;',
    replace: 'const MEMBER_BYTES = 0;',
    specs: [sizes],
  },
  {
    name: 'text beyond Latin-1 is told to take a byte a character',
    file: parsedSize,
    find: 'if (wide) size += at - start;',
    replace: '',
    specs: [sizes],
  },
  {
    name: 'brackets within a text are counted as brackets',
    file: parsedSize,
    find: 'if (byte === QUOTE) start = at;',
    replace: 'if (byte === 0) start = at;',
    specs: [sizes],
  },
];
