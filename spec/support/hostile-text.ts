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

/** Text made of all that could end a line, a field or a character in the wrong place. */
export const hostileText = (): fc.Arbitrary<string> =>
  fc
    .array(fc.oneof(fc.constantFrom(...HOSTILE), fc.string({ unit: 'binary', maxLength: 3 })), {
      maxLength: 12,
    })
    .map((parts) => parts.join(''));

/** What is left of `text` on the wire: lone surrogates have no UTF-8. */
export const onTheWire = (text: string): string => Buffer.from(text).toString();
