// The beginning of a text, without the rest of it in memory.

/**
 * The first `chars` characters of a text, as a copy.
 *
 * [node] A slice of a string keeps the whole of it in memory, for as long as the slice lives.
 */
export function cutOff(text: string, chars: number): string {
  return text.length <= chars ? text : Buffer.from(text.slice(0, chars)).toString();
}
