import type { Mutant } from './mutant.js';

const eventStream = 'wire/sse-encoder.ts';
const jsonRpc = 'wire/json-rpc.ts';
const events = 'wire/encode-event.spec.ts';
const messages = 'wire/encode-message.spec.ts';
const rpc = 'wire/json-rpc.spec.ts';

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
    find: 'z.union([z.string(), z.int()])',
    replace: 'z.union([z.string(), z.int(), z.null()])',
    specs: [rpc],
  },
  {
    name: 'messages are copied',
    file: jsonRpc,
    find: '    return value as JsonRpcMessage;',
    replace: '    return { ...value } as JsonRpcMessage;',
    specs: [rpc],
  },
];
