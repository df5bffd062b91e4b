// The beginnings of ids, names and messages.
import type { JsonRpcMessage } from '../index.js';
import { cutOff } from '../util/cut-off.js';

/** The most characters of a name: clients choose their names. */
const TEXT_LENGTH = 80;
/** The most characters of a message that are shown. */
const MESSAGE_LENGTH = 500;
/** Longer values are not even serialised. */
const STRING_LENGTH = 200;
const ARRAY_LENGTH = 20;

/** The beginning of a text; '' if the value is not a text. */
export function excerptOf(text: unknown): string {
  if (typeof text !== 'string') return '';
  return text.length <= TEXT_LENGTH ? text : `${cutOff(text, TEXT_LENGTH)}…`;
}

/** The beginning of a message, as JSON. A message of megabytes costs little more than a small one. */
export function previewOf(message: JsonRpcMessage): string {
  let left = MESSAGE_LENGTH;
  const text = JSON.stringify(message, (key, value: unknown) => {
    if (left <= 0) return undefined;
    left -= key.length;
    if (typeof value === 'string') {
      left -= Math.min(value.length, STRING_LENGTH);
      return value.length > STRING_LENGTH ? `${value.slice(0, STRING_LENGTH)}…` : value;
    }
    left -= 1;
    return Array.isArray(value) ? value.slice(0, ARRAY_LENGTH) : value;
  });
  // Keys are not cut off: what is kept must not hold the whole text.
  return text.length > MESSAGE_LENGTH ? `${cutOff(text, MESSAGE_LENGTH)}…` : text;
}
