// Estimates how many bytes of heap a JSON text takes once it is parsed.
/** Bytes that V8 takes for each piece of parsed JSON, measured: small objects cost most. */
const OBJECT_BYTES = 56;
const ARRAY_BYTES = 56;
/** A member with a new name gives its object a shape of its own. */
const MEMBER_BYTES = 160;
const ELEMENT_BYTES = 24;

/** Up to this length, each byte counts at the highest cost: counting would cost more. */
const SMALL_BYTES = 4 * 1024;
const HIGHEST_COST = 32;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const LOWER_U = 0x75;
/** The first byte of the first character beyond Latin-1. */
const FIRST_WIDE = 0xc4;
const COSTS = new Uint8Array(256);
COSTS[0x7b] = OBJECT_BYTES; // {
COSTS[0x5b] = ARRAY_BYTES; // [
COSTS[0x3a] = MEMBER_BYTES; // :
COSTS[0x2c] = ELEMENT_BYTES; // ,

/**
 * Estimates the bytes of heap that the text takes once it is parsed, before it is parsed, in one
 * pass. A text of nothing but brackets takes many times its length.
 */
export function parsedSizeOf(json: Uint8Array): number {
  if (json.length <= SMALL_BYTES) return json.length * HIGHEST_COST;
  let size = json.length;
  // Where the current string began; negative outside of strings.
  let start = -1;
  let wide = false;
  for (let at = 0; at < json.length; at += 1) {
    const byte = json[at] ?? 0;
    if (start < 0) {
      if (byte === QUOTE) start = at;
      else size += COSTS[byte] ?? 0;
    } else if (byte === BACKSLASH) {
      at += 1;
      wide ||= json[at] === LOWER_U;
    } else if (byte === QUOTE) {
      // [node] One character beyond Latin-1 makes all characters of its string take two bytes each.
      if (wide) size += at - start;
      start = -1;
      wide = false;
    } else wide ||= byte >= FIRST_WIDE;
  }
  return size;
}

/** The same of a message that was parsed. */
export function parsedSizeOfMessage(message: object): number {
  return parsedSizeOf(Buffer.from(JSON.stringify(message)));
}
