import fc from 'fast-check';

/** Texts that mean something to a parser of HTTP or of JSON. */
const TOKENS = [
  '\r\n',
  '\r\n\r\n',
  '\n',
  '\r',
  '\0',
  ' ',
  '\t',
  ':',
  ',',
  '"',
  '\\',
  '{',
  '}',
  '[',
  ']',
  'null',
  '-1',
  '1e999',
  '%00',
  '%0d%0a',
  '&sessionId=x',
  '\r\nContent-Length: 5',
  '\r\nTransfer-Encoding: chunked',
  '\r\nExpect: 100-continue',
  '\r\nHost: evil.example',
  '\r\nLast-Event-ID: 1.1.1',
  '0\r\n\r\n',
  'ffffffff\r\n',
  'GET /sse HTTP/1.1\r\nHost: localhost\r\n\r\n',
];

/** What is done to a run of bytes, at a place that is taken modulo its length. */
export interface Mutation {
  readonly at: number;
  readonly length: number;
  readonly how: 'flip' | 'remove' | 'repeat' | 'cut' | 'insert' | 'replace';
  readonly bytes: Uint8Array;
}

const bytes = fc.oneof(
  fc.constantFrom(...TOKENS).map((token) => new Uint8Array(Buffer.from(token, 'latin1'))),
  fc.uint8Array({ minLength: 1, maxLength: 6 }),
);

/** A few of them, one after the other. */
export const mutations: fc.Arbitrary<Mutation[]> = fc.array(
  fc.record({
    at: fc.nat(),
    length: fc.integer({ min: 1, max: 40 }),
    how: fc.constantFrom('flip', 'remove', 'repeat', 'cut', 'insert', 'replace'),
    bytes,
  }),
  { minLength: 1, maxLength: 6 },
);

export function mutate(source: Uint8Array, steps: readonly Mutation[]): Uint8Array {
  return steps.reduce(step, source);
}

function step(source: Uint8Array, { at, length, how, bytes: more }: Mutation): Uint8Array {
  const start = at % (source.length + 1);
  const [before, run, behind] = [
    source.subarray(0, start),
    source.subarray(start, start + length),
    source.subarray(start + length),
  ];
  switch (how) {
    case 'flip':
      return Buffer.concat([before, run.map((byte) => byte ^ (more[0] ?? 1)), behind]);
    case 'remove':
      return Buffer.concat([before, behind]);
    case 'repeat':
      return Buffer.concat([before, run, run, behind]);
    case 'cut':
      return before;
    case 'insert':
      return Buffer.concat([before, more, run, behind]);
    case 'replace':
      return Buffer.concat([before, more, behind]);
  }
}
