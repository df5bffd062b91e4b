// When HTTP+SSE ends, for whom, and what they are told of it.
import { createHash } from 'node:crypto';

import { McpSseError } from '../errors.js';
import { ignoreResult } from '../util/promises.js';
import type { ClientInfo } from './inbound/handshake.js';

/** A client, by what `usage()` shows of it; its principal is as it is. */
export interface SunsetCaller {
  readonly principal: string | undefined;
  /** Of the request; at most 160 characters. */
  readonly userAgent: string | undefined;
  /** From `initialize`; undefined before it, when the head of a stream is written for instance. */
  readonly clientInfo: ClientInfo | undefined;
}

/** A time in which a share of new sessions is refused. */
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
  /** Undefined is a text of ours. */
  readonly notice: string | false | undefined;
}

/** Where clients are to go, for programs that read it. */
export type SunsetDetails = Readonly<Record<'successor' | 'policy' | 'sunset', string | undefined>>;

/** Decides by the clock of this process, `Date`, whom the end of HTTP+SSE concerns, and how. */
export class Sunset {
  readonly #plan: SunsetPlan;
  readonly #failed: (error: McpSseError) => void;
  /** Of each refusal, when HTTP+SSE has ended for its caller. */
  readonly #ends = new WeakMap<McpSseError, Date>();

  /** @param failed is told what `applies` does wrong. Must not throw. */
  constructor(plan: SunsetPlan, failed: (error: McpSseError) => void) {
    this.#plan = plan;
    this.#failed = failed;
  }

  /** Whether streams are refused over HTTP, or by the answer to `initialize`. */
  get refusesStreams(): boolean {
    return this.#plan.refuse === 'http';
  }

  /** Whether it does not concern all callers alike. */
  get isSelective(): boolean {
    return this.#plan.applies !== undefined;
  }

  /** The header fields that announce the end to this caller, if there is anything to announce. */
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
   * Why a new session of the caller is refused now.
   *
   * @param token whether the session belongs to the share of a brownout depends on it alone, so
   * that all nodes decide alike
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

  /** What a client is told once its handshake is done. */
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

  /** What a refusal says to programs. */
  detailsOf(refusal: McpSseError): SunsetDetails {
    const { successor, policy } = this.#plan;
    return { successor, policy, sunset: this.#ends.get(refusal)?.toISOString() };
  }

  /** When it ends for the caller, whom it does not concern if undefined. */
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
      // A mistake of the application ends nothing for anybody.
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

/** Where a text lies among all texts, from 0 to 1. */
function positionOf(token: string): number {
  return createHash('sha256').update(token).digest().readUInt32BE(0) / 2 ** 32;
}

const dayOf = (date: Date): string => date.toISOString().slice(0, 10);
const minuteOf = (date: Date): string => `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
