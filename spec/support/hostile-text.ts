import fc from 'fast-check';

const HOSTILE = [
  '\r',
  '\n',
  '\r\n',
  '\n\n',
  '\0',
  '\t',
  '\u0085',
  '\u2028',
  '\u2029',
  '\ufeff',
  '\ud83d',
  '\ude00',
  '😀',
  'é',
  ' ',
  ':',
  'data: injected',
  'event: injected',
  'id: injected',
  'retry: 1',
  '"',
  '\\',
  '\u001b',
  '\u007f',
];

const SURROGATES = { first: 0xd800, count: 0x800 };

/**
 * Any character but half of a surrogate pair. The unit 'binary' of fast-check is the same, and takes a
 * second of the processor's time in every process that uses it.
 */
export const anyCharacter: fc.Arbitrary<string> = fc
  .integer({ min: 0, max: 0x10ffff - SURROGATES.count })
  .map((code) => (code < SURROGATES.first ? code : code + SURROGATES.count))
  .map((code) => String.fromCodePoint(code));

/** Text made of all that could end a line, a field or a character in the wrong place. */
export const hostileText = (): fc.Arbitrary<string> =>
  fc
    .array(fc.oneof(fc.constantFrom(...HOSTILE), fc.string({ unit: anyCharacter, maxLength: 3 })), {
      maxLength: 12,
    })
    .map((parts) => parts.join(''));

/** What is left of `text` on the wire: lone surrogates have no UTF-8. */
export const onTheWire = (text: string): string => Buffer.from(text).toString();
