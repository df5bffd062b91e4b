// Schemas of values that several options share.
import { z } from 'zod';

import { isClass } from '../util/describe-value.js';

type AnyFunction = (...args: never[]) => unknown;

export const isFunction = (value: unknown): value is AnyFunction =>
  typeof value === 'function' && !isClass(value);

export const fn: z.ZodType<AnyFunction> = z.custom<AnyFunction>(isFunction, 'must be a function');
export const count: z.ZodInt = z.int().min(1);

export const ms: z.ZodNumber = z.number().min(1);
export const msOrOff: z.ZodType<number | false> = z.union(
  [ms, z.literal(false)],
  'must be milliseconds (1 or more), or false',
);

export const path: z.ZodString = z
  .string()
  .regex(/^\/[\w\-.~!$&'()*+,;=@/]*$/, 'must be a plain path that begins with a slash');
