// Measures in a heap of its own what parsed JSON takes beside what is told of it, kind by kind.
import { setImmediate as immediate } from 'node:timers/promises';

import { parsedSizeOf } from '../../../lib/wire/json-size.js';

export interface ParsedSize {
  readonly kind: string;
  /** Bytes of the text. */
  readonly length: number;
  /** Bytes of heap that the parsed value takes. */
  readonly real: number;
  readonly told: number;
}

const repeat = (count: number, piece: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => piece(index)).join(',');

const KINDS: Record<string, (count: number) => string> = {
  'empty arrays': (n) => `[${repeat(n, () => '[]')}]`,
  'empty objects': (n) => `[${repeat(n, () => '{}')}]`,
  'nested arrays': (n) =>
    '['
      .repeat(1_000)
      .concat(']'.repeat(1_000), ',')
      .repeat(n / 1_000),
  'nested objects': (n) => `[${repeat(n, () => '{"a":{}}')}]`,
  'objects of one shape': (n) => `[${repeat(n, () => '{"a":1}')}]`,
  'objects of two members': (n) => `[${repeat(n, () => '{"a":1,"b":2}')}]`,
  'objects with names of their own': (n) => `[${repeat(n, (i) => `{"${i.toString(36)}":0}`)}]`,
  'one object with distinct names': (n) => `{${repeat(n, (i) => `"${i.toString(36)}":0`)}}`,
  'small integers': (n) => `[${repeat(n, () => '0')}]`,
  doubles: (n) => `[${repeat(n, (i) => `.${i}`.replace('.', '0.'))}]`,
  'doubles among texts': (n) => `[${repeat(n, (i) => (i % 2 ? '""' : '1.5'))}]`,
  'doubles in objects': (n) => `[${repeat(n, () => '{"a":1.5}')}]`,
  'short strings': (n) => `[${repeat(n, (i) => `"${i.toString(36)}"`)}]`,
  'one-character strings': (n) => `[${repeat(n, () => '"a"')}]`,
  'long strings': (n) => `[${repeat(n / 100, () => `"${'x'.repeat(1_000)}"`)}]`,
  'strings beyond Latin-1': (n) => `[${repeat(n / 100, () => `"${'x'.repeat(500)}€"`)}]`,
  'strings beyond Latin-1 by one escape': (n) =>
    `[${repeat(n / 100, () => `"${'x'.repeat(500)}\\u20ac"`)}]`,
  'escaped strings': (n) => `[${repeat(n, () => '"\\n\\u0041"')}]`,
  'brackets within strings': (n) => `["${'[{:,'.repeat(n)}"]`,
  notifications: (n) => `[${repeat(n, () => '{"jsonrpc":"2.0","method":"n"}')}]`,
};

const used = async (): Promise<number> => {
  for (let pass = 0; pass < 3; pass += 1) {
    globalThis.gc?.();
    await immediate();
  }
  return process.memoryUsage().heapUsed;
};

async function measure(kind: string, text: string): Promise<ParsedSize> {
  const json = kind === 'nested arrays' ? `[${text.slice(0, -1)}]` : text;
  const bytes = Buffer.from(json);
  const kept: unknown[] = [];
  // Copies, where one is too small to be seen beside the noise of a heap.
  const copies = Math.max(1, Math.ceil(2_000_000 / bytes.length));
  const before = await used();
  for (let copy = 0; copy < copies; copy += 1) kept.push(JSON.parse(bytes.toString()) as unknown);
  const real = ((await used()) - before) / kept.length;
  return { kind, length: bytes.length, real, told: parsedSizeOf(bytes) };
}

const sizes: ParsedSize[] = [];
for (const [kind, textOf] of Object.entries(KINDS)) {
  for (const count of [1_000, 100_000]) sizes.push(await measure(kind, textOf(count)));
}
for (const small of ['{}', '[[]]', '{"a":{}}', '[1.5]', '{"jsonrpc":"2.0","id":1,"method":"ping"}'])
  sizes.push(await measure('small', small));
process.stdout.write(JSON.stringify(sizes));
