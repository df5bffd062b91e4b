// Describes a value that the application has passed, for an error message.
import { attempt } from './foreign-error.js';

/** Describes the value to its author: `null`, `'30s'`, `an array`, `a function`, … Never throws. */
export function describeValue(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (isPromise(value)) return 'a promise';
  switch (typeof value) {
    case 'string':
      // A URL may have a password in it.
      return value.length > 40 || value.includes('@') ? 'a string' : `'${printable(value)}'`;
    case 'number':
    case 'boolean':
      return String(value);
    case 'function':
      return isClass(value) ? `the class ${nameOf(value, '')}`.trimEnd() : 'a function';
    case 'object': {
      if (attempt(() => Array.isArray(value), false)) return 'an array';
      const name = attempt(() => nameOf(value.constructor), 'Object');
      return name === 'Object' ? 'an object' : `an instance of ${name}`;
    }
    default:
      return `a ${typeof value}`;
  }
}

const printable = (text: string): string => text.replaceAll(/\p{Cc}/gu, '?');

/** Whether the value is a promise or looks like one. Never throws. */
export const isPromise = (value: unknown): boolean =>
  typeof value === 'object' && hasMethod(value, 'then');

/** Whether the value was declared as a class, so that calling it without `new` throws. */
export function isClass(value: unknown): value is abstract new (...args: never[]) => unknown {
  if (typeof value !== 'function') return false;
  return attempt(() => /^class\b/.test(Function.prototype.toString.call(value)), false);
}

/** Whether the value has a readable method of that name. Never throws. */
export function hasMethod(value: unknown, name: string): boolean {
  const has = (): boolean =>
    ((typeof value === 'object' && value !== null) || typeof value === 'function') &&
    typeof (value as Record<string, unknown>)[name] === 'function';
  return attempt(has, false);
}

/** The name of a class or a constructor, or `fallback` where it has none. */
export function nameOf(type: unknown, fallback = 'Object'): string {
  const name = attempt(() => (typeof type === 'function' ? type.name : ''), '');
  return typeof name === 'string' && /^[\w$]{1,60}$/.test(name) ? name : fallback;
}
