// Estimates how many bytes of heap a JSON text takes once it is parsed, and how deep it is nested.
/** Bytes that V8 takes for each piece of parsed JSON, measured: small objects cost most. */
const OBJECT_BYTES = 56;
const ARRAY_BYTES = 56;
/** A member with a new name gives its object a shape of its own. */
const MEMBER_BYTES = 160;
const ELEMENT_BYTES = 24;

/** Up to this length, each byte counts at the highest cost: counting would cost more. */
const SMALL_BYTES = 4 * 1024;
const HIGHEST_COST = 32;

/**
 * The deepest nesting of arrays and objects. `JSON.parse` takes any, but `JSON.stringify`, schemas
 * and tools go down by recursion, and run out of stack at some 4,000. A text that is too small to be
 * counted cannot be nested deeper.
 */
export const MAX_NESTING: number = SMALL_BYTES / 2;

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
const NESTING = new Int8Array(256);
NESTING[0x7b] = NESTING[0x5b] = 1;
NESTING[0x7d] = NESTING[0x5d] = -1;

/**
 * Estimates, in one pass and without parsing it, the bytes of heap that the text takes once it is
 * parsed. Brackets alone take many times their length. Infinite if nested deeper than
 * `MAX_NESTING`.
 */
export function parsedSizeOf(json: Uint8Array): number {
  if (json.length <= SMALL_BYTES) return json.length * HIGHEST_COST;
  let size = json.length;
  // Where the current string began; negative outside of strings.
  let start = -1;
  let wide = false;
  let depth = 0;
  for (let at = 0; at < json.length; at += 1) {
    const byte = json[at] ?? 0;
    if (start < 0) {
      if (byte === QUOTE) start = at;
      else {
        size += COSTS[byte] ?? 0;
        depth += NESTING[byte] ?? 0;
        if (depth > MAX_NESTING) return Infinity;
      }
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

/** The same estimate for a parsed message. */
export function parsedSizeOfMessage(message: object): number {
  return parsedSizeOf(Buffer.from(JSON.stringify(message)));
}

/** Whether parsed JSON is nested deeper than `MAX_NESTING`: level by level, without recursion. */
export function isTooDeep(parsed: unknown): boolean {
  let level = [parsed].filter(isObject);
  for (let depth = 0; depth < MAX_NESTING && level.length > 0; depth += 1)
    level = level.flatMap((value) => Object.values(value).filter(isObject));
  return level.length > 0;
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
