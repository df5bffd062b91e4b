// The option `sunset`, and how it is checked.
import { z } from 'zod';

import { isDate, type SunsetCaller } from '../session/sunset.js';

/**
 * How and when this server ends HTTP+SSE. Each node uses its own clock. Running sessions go on.
 */
export interface SunsetOptions {
  /**
   * The date from which HTTP+SSE is deprecated, past or future, sent as the header `Deprecation`
   * (RFC 9745). From then on clients get the `notice`.
   */
  deprecated: Date;
  /**
   * The date from which the server refuses new sessions, sent as the header `Sunset` (RFC 8594).
   * Not before `deprecated`.
   * @defaultValue never
   */
  at?: Date;
  /** The absolute URL to use instead, sent as `Link` with `rel="successor-version"`. */
  successor: string;
  /**
   * The absolute URL of a page for people, sent as `Link` with `rel="deprecation"`.
   * @defaultValue none
   */
  policy?: string;
  /**
   * Periods that refuse a share of new sessions (above 0, at most 1, by default all), as `at` does
   * for good: users who do not read notices find out.
   * @defaultValue none
   */
  brownouts?: readonly { from: Date; to: Date; share?: number }[];
  /**
   * Decides for each caller: `true` applies the sunset, `false` exempts the caller, a `Date` replaces
   * `at`. It is synchronous and runs for each request, so it must be quick. A throw, or any other
   * result, is reported to `onError` (`hook-failed`), and exempts the caller.
   * @defaultValue everybody
   */
  applies?: (caller: SunsetCaller) => boolean | Date;
  /**
   * `'initialize'` accepts the stream and answers its first request with a JSON-RPC error that names
   * the successor: users see that text. `'http'` refuses the stream with 410 and problem details
   * (RFC 9457): most clients show nothing of it.
   * @defaultValue 'initialize'
   */
  refuse?: 'initialize' | 'http';
  /**
   * The text of one log message for each session from `deprecated` on, if its server has declared
   * `logging`. `false` sends none.
   * @defaultValue a sentence with the dates and the successor
   */
  notice?: string | false;
}

const date = z.custom<Date>(
  isDate,
  "must be a valid Date of a year up to 9999, such as new Date('2027-06-01')",
);
const url = z
  .custom<string>(
    isPlainUrl,
    'must be an absolute URL such as https://example.com/mcp, without a user or a password',
  )
  .transform((text) => new URL(text).href);
const share = z
  .custom<number>(
    (value) => typeof value === 'number' && value > 0 && value <= 1,
    'must be a number above 0, at most 1',
  )
  .default(1);
const brownout = z
  .strictObject({
    from: date,
    to: date,
    share,
  })
  .refine(({ from, to }) => from < to, 'from must be before to');

const shape = {
  deprecated: date,
  at: date.optional(),
  successor: url,
  policy: url.optional(),
  brownouts: z.array(brownout).default([]),
  applies: z
    .custom<SunsetOptions['applies']>((value) => typeof value === 'function', 'must be a function')
    .optional(),
  refuse: z.enum(['initialize', 'http'], "must be 'initialize' or 'http'").default('initialize'),
  notice: z.union([z.string().min(1), z.literal(false)], 'must be a string, or false').optional(),
};

/** The members of `sunset`. */
export const sunsetShape: Readonly<Record<string, z.ZodType>> = shape;

// [spec] RFC 9745, 4: the sunset date must not be earlier than the deprecation date.
export const sunsetSchema: z.ZodType = z
  .strictObject(shape)
  .refine(({ deprecated, at }) => !at || at >= deprecated, 'at must not be before deprecated')
  .optional();

function isPlainUrl(text: unknown): boolean {
  if (typeof text !== 'string' || !URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return /^https?:$/.test(protocol) && username === '' && password === '';
}
