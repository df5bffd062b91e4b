// About how many bytes of memory a JSON text takes once it is parsed.
/** What V8 takes for each piece of parsed JSON, measured: objects of one or two members cost most. */
const OBJECT_BYTES = 56;
const ARRAY_BYTES = 48;
/** A member may have a name of its own, and then its object a shape of its own. */
const MEMBER_BYTES = 160;
const ELEMENT_BYTES = 24;

/** Up to this length the highest cost is taken for each byte: a count would cost more. */
const SMALL_BYTES = 4 * 1024;
const HIGHEST_COST = 24;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COSTS = new Uint8Array(256);
COSTS[0x7b] = OBJECT_BYTES; // {
COSTS[0x5b] = ARRAY_BYTES; // [
COSTS[0x3a] = MEMBER_BYTES; // :
COSTS[0x2c] = ELEMENT_BYTES; // ,

/**
 * About how many bytes of heap the text takes once it is parsed: many times its length, if it is
 * all brackets. It is told before the text is parsed, in one pass.
 */
export function parsedSizeOf(json: Uint8Array): number {
  if (json.length <= SMALL_BYTES) return json.length * HIGHEST_COST;
  let size = json.length;
  let inString = false;
  for (let at = 0; at < json.length; at += 1) {
    const byte = json[at] ?? 0;
    if (inString) {
      if (byte === BACKSLASH) at += 1;
      else if (byte === QUOTE) inString = false;
    } else if (byte === QUOTE) inString = true;
    else size += COSTS[byte] ?? 0;
  }
  return size;
}
