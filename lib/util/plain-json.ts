// Whether a value is the same once it has been JSON.

/** What is nested deeper is not looked at, so that a cycle ends. */
const MAX_DEPTH = 64;

/**
 * Whether `value` is plain data: null, booleans, finite numbers, text, and arrays and objects of
 * such. Members that are undefined do not count. Never throws.
 */
export function isPlainJson(value: unknown, depth: number = MAX_DEPTH): boolean {
  try {
    return isPlain(value, depth);
  } catch {
    // A proxy, or a getter.
    return false;
  }
}

function isPlain(value: unknown, depth: number): boolean {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true;
  if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0);
  if (typeof value !== 'object' || depth === 0) return false;
  if (Array.isArray(value)) return arePlain(value, depth - 1);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  if (Object.getOwnPropertySymbols(value).length > 0 || 'toJSON' in value) return false;
  return Object.values(value).every((member) => member === undefined || isPlain(member, depth - 1));
}

/** `every` would skip a hole, which becomes null in JSON. */
function arePlain(members: readonly unknown[], depth: number): boolean {
  for (const member of members) {
    if (!isPlain(member, depth)) return false;
  }
  return true;
}
