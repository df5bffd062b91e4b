import type { JsonRpcMessage } from '../index.js';

/** Characters of one message that are shown. */
const LENGTH = 500;
/** What is longer than anybody reads is not even serialised. */
const STRING_LENGTH = 200;
const ARRAY_LENGTH = 20;

/** The beginning of a message, as JSON. A message of megabytes costs little more than a small one. */
export function previewOf(message: JsonRpcMessage): string {
  let left = LENGTH;
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
  return text.length > LENGTH ? `${text.slice(0, LENGTH)}…` : text;
}
