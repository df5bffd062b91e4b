// Decides when HTTP+SSE ends for a client, and words the announcement.
import { createHash } from 'node:crypto';

import { McpSseError } from '../errors.js';
import { ignoreResult } from '../util/promises.js';
import type { ClientInfo } from './inbound/handshake.js';

/** A client, by the facts that `usage()` shows, except that its principal is never hashed. */
export interface SunsetCaller {
  readonly principal: string | undefined;
  /** The `User-Agent` of the request; at most 160 characters. */
  readonly userAgent: string | undefined;
  /** From `initialize`; undefined before it, for instance in the head of a stream. */
  readonly clientInfo: ClientInfo | undefined;
}

/** A period that refuses a share of new sessions. */
export interface Brownout {
  readonly from: Date;
  readonly to: Date;
  /** Above 0, at most 1. */
  readonly share: number;
}

/** The option `sunset`, checked and complete; its URLs are absolute. */
export interface SunsetPlan {
  readonly deprecated: Date;
  readonly at: Date | undefined;
  readonly successor: string;
  readonly policy: string | undefined;
  readonly brownouts: readonly Brownout[];
  readonly applies: ((caller: SunsetCaller) => boolean | Date) | undefined;
  readonly refuse: 'initialize' | 'http';
  /** Undefined for the default text. */
  readonly notice: string | false | undefined;
}

/** The members of a refusal that programs read: the successor, the policy and the date. */
export type SunsetDetails = Readonly<Record<'successor' | 'policy' | 'sunset', string | undefined>>;

/** Decides whether HTTP+SSE has ended for a client, by the clock of this process (`Date`). */
export class Sunset {
  readonly #plan: SunsetPlan;
  readonly #failed: (error: McpSseError) => void;
  /** By refusal: the date on which HTTP+SSE ends for its caller. */
  readonly #ends = new WeakMap<McpSseError, Date>();

  /** @param failed called with each mistake of `applies`. Must not throw. */
  constructor(plan: SunsetPlan, failed: (error: McpSseError) => void) {
    this.#plan = plan;
    this.#failed = failed;
  }

  /** Whether it refuses streams over HTTP; if not, the answer to `initialize` refuses sessions. */
  get refusesStreams(): boolean {
    return this.#plan.refuse === 'http';
  }

  /** Whether `applies` decides for each caller. */
  get isSelective(): boolean {
    return this.#plan.applies !== undefined;
  }

  /** The header fields that announce the end to this caller; none if it is exempt. */
  headersFor(caller: SunsetCaller): Readonly<Record<string, string>> {
    const concern = this.#concernOf(caller);
    if (!concern) return {};
    const { deprecated, successor, policy } = this.#plan;
    const links = [`<${successor}>; rel="successor-version"`];
    if (policy !== undefined) links.push(`<${policy}>; rel="deprecation"`);
    return {
      // [spec] RFC 9745, 2.1: a date of structured fields, in whole seconds.
      Deprecation: `@${Math.floor(deprecated.getTime() / 1_000)}`,
      // [spec] RFC 8594, 3: an HTTP-date.
      ...(concern.at && { Sunset: concern.at.toUTCString() }),
      Link: links.join(', '),
    };
  }

  /**
   * Returns the refusal of a new session of the caller; undefined admits it.
   *
   * @param token decides alone whether a brownout's share includes the session: all nodes decide
   * alike
   */
  refusalOf(caller: SunsetCaller, token: string): McpSseError | undefined {
    const concern = this.#concernOf(caller);
    if (!concern) return undefined;
    const { successor, policy, brownouts } = this.#plan;
    const now = Date.now();
    const more = policy === undefined ? '' : `. More about it: ${policy}`;
    const where = `Connect to ${successor} by Streamable HTTP instead${more}`;
    if (concern.at && now >= concern.at.getTime()) {
      return this.#refusal(`has ended MCP over HTTP+SSE. ${where}`, concern.at);
    }
    const ends = brownouts
      .filter(
        ({ from, to, share }) =>
          now >= from.getTime() && now < to.getTime() && positionOf(token) < share,
      )
      .map(({ to }) => to.getTime());
    if (ends.length === 0) return undefined;
    const end = concern.at ? `, and ends it on ${dayOf(concern.at)}` : '';
    const until = minuteOf(new Date(Math.max(...ends)));
    return this.#refusal(`pauses MCP over HTTP+SSE until ${until}${end}. ${where}`, concern.at);
  }

  #refusal(what: string, at: Date | undefined): McpSseError {
    const error = new McpSseError('sunset', `This server ${what}`);
    if (at) this.#ends.set(error, at);
    return error;
  }

  /** The notice for a client after its handshake; undefined for none. */
  noticeFor(caller: SunsetCaller): string | undefined {
    const { notice, deprecated, successor, policy } = this.#plan;
    if (notice === false || Date.now() < deprecated.getTime()) return undefined;
    const concern = this.#concernOf(caller);
    if (!concern) return undefined;
    if (notice !== undefined) return notice;
    const end = concern.at ? ` and ends on ${dayOf(concern.at)}` : '';
    const more = policy === undefined ? '' : `. More about it: ${policy}`;
    return `MCP over HTTP+SSE is deprecated here${end}. Its successor is ${successor}${more}`;
  }

  /** The members of a refusal that programs read. */
  detailsOf(refusal: McpSseError): SunsetDetails {
    const { successor, policy } = this.#plan;
    return { successor, policy, sunset: this.#ends.get(refusal)?.toISOString() };
  }

  /** The date on which HTTP+SSE ends for the caller; undefined if the caller is exempt. */
  #concernOf(caller: SunsetCaller): { readonly at: Date | undefined } | undefined {
    const { applies, at } = this.#plan;
    if (!applies) return { at };
    try {
      const answer: unknown = applies(caller);
      if (typeof answer === 'boolean') return answer ? { at } : undefined;
      if (isDate(answer)) return { at: answer };
      ignoreResult(answer);
      throw new Error('sunset.applies must return a boolean or a valid Date');
    } catch (error) {
      // A mistake of the application exempts the caller.
      this.#failed(McpSseError.from(error, 'hook-failed'));
      return undefined;
    }
  }
}

/** [spec] RFC 9110, 5.6.7: the year of an HTTP-date has four digits. */
export function isDate(value: unknown): value is Date {
  if (!(value instanceof Date)) return false;
  const year = value.getUTCFullYear();
  return year >= 0 && year <= 9_999;
}

/** Maps a text to a number from 0 to 1, evenly. */
function positionOf(token: string): number {
  return createHash('sha256').update(token).digest().readUInt32BE(0) / 2 ** 32;
}

const dayOf = (date: Date): string => date.toISOString().slice(0, 10);
const minuteOf = (date: Date): string => `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
