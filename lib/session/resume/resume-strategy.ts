// The way in which a client can resume, and the marks in its messages for that.
import type { Decorate } from '../outbound/pump.js';
import { encodeEvent, encodeRetry, escapeUrl } from '../../wire/sse-encoder.js';
import { randomText } from '../../util/random-text.js';
import { PositionSigner } from './position-signer.js';
import { reconnectDelay } from './reconnect-delay.js';

const EVENT_ID = /^([\w-]{12})\.([\w-]{22})\.(0|[1-9]\d{0,14})$/;

/** A position in a stream of a node, from `Last-Event-ID`. */
export interface StreamPosition {
  readonly node: string;
  readonly token: string;
  readonly offset: number;
}

/** Parses an event id of this package; undefined for any other text. */
export function parseEventId(id: string): StreamPosition | undefined {
  const [, node, token, offset] = EVENT_ID.exec(id) ?? [];
  if (node === undefined || token === undefined) return undefined;
  return { node, token, offset: Number(offset) };
}

/** A strategy as plain data. */
export interface StrategyState {
  readonly token?: string | undefined;
  readonly key?: string | undefined;
  readonly positions: boolean;
  readonly undecided: boolean;
  /** The signer's key, base64. */
  readonly signingKey?: string | undefined;
  readonly messageUrl: string;
}

/** The abilities of a client that are known when its session opens. */
export interface ResumeCapabilities {
  /** It sends `Last-Event-ID` when it reconnects. */
  readonly ids?: boolean;
  /** It answers a `ping` that comes before the `endpoint` event. */
  readonly positions?: boolean;
  /** Not known yet: its POSTs will show. */
  readonly undecided?: boolean;
  /** The application's key for the client. */
  readonly key?: string | undefined;
  /** Mean delay before it reconnects, in milliseconds. */
  readonly retryMs?: number;
}

/**
 * The way in which the client of one session can resume, and the marks in its messages for that. A
 * client that cannot resume gets the plain stream of 2024-11-05.
 */
export class ResumeStrategy {
  readonly key: string | undefined;
  /** Names the stream in event ids. Not the session's id, which access logs show in POST URLs. */
  readonly token: string | undefined;
  readonly #node: string;
  readonly #retryMs: number;
  #positions: boolean;
  #undecided: boolean;
  #signer: PositionSigner | undefined;
  /** The POST URL of the connection that is attached. */
  #messageUrl = '';

  constructor(
    node: string,
    {
      ids = false,
      positions = false,
      undecided = false,
      key,
      token,
      retryMs = 1_000,
    }: ResumeCapabilities & { readonly token?: string | undefined } = {},
  ) {
    this.#node = node;
    this.#retryMs = retryMs;
    this.token = ids ? randomText(16) : token;
    this.#positions = positions;
    this.#undecided = undecided;
    this.key = key;
  }

  /** The strategy of a session of another node. */
  static restored(node: string, state: StrategyState, retryMs?: number): ResumeStrategy {
    const { token, key, positions, undecided, signingKey, messageUrl } = state;
    const own = retryMs === undefined ? {} : { retryMs };
    const strategy = new ResumeStrategy(node, { positions, undecided, key, token, ...own });
    if (signingKey !== undefined) strategy.#signer = new PositionSigner(signingKey);
    strategy.#messageUrl = messageUrl;
    return strategy;
  }

  state(): StrategyState {
    const { token, key } = this;
    return {
      token,
      key,
      positions: this.#positions,
      undecided: this.#undecided,
      signingKey: this.#signer?.key,
      messageUrl: this.#messageUrl,
    };
  }

  /** Whether the session outlives its connection. */
  get resumable(): boolean {
    return this.#positions || this.token !== undefined || this.key !== undefined;
  }

  get undecided(): boolean {
    return this.#undecided;
  }

  /** Whether the client understands a `retry:`; some others break on it. */
  get acceptsRetry(): boolean {
    return this.#positions || this.token !== undefined;
  }

  decide(canAnswerProbe: boolean): void {
    this.#undecided = false;
    this.#positions ||= canAnswerProbe;
  }

  /** The first event of a connection that continues after `offset`. */
  endpointEvent(messageUrl: string, offset: number): string {
    this.#messageUrl = escapeUrl(messageUrl);
    const { token } = this;
    return encodeEvent({
      ...(token !== undefined && { id: this.#eventId(token, offset) }),
      ...(this.acceptsRetry && { retry: reconnectDelay(this.#retryMs) }),
      event: 'endpoint',
      data: this.#positions ? this.#messageUrlAt(offset) : this.#messageUrl,
    });
  }

  /** A lone `retry:`. */
  retryEvent(): string {
    return encodeRetry(reconnectDelay(this.#retryMs));
  }

  /** [spec] Clients accept a second `endpoint` event: it replaces the URL for their POSTs. */
  positionEvent(offset: number): string {
    return encodeEvent({ event: 'endpoint', data: this.#messageUrlAt(offset) });
  }

  /** Adds the marks to a message of this client; undefined if there are none. */
  get decorate(): Decorate | undefined {
    const withId = this.token === undefined ? undefined : this.#withId(this.token);
    if (!this.#positions) return withId;
    return (frame, offset) => {
      const { text, bytes } = withId?.(frame, offset) ?? frame;
      // One frame is one write: a cut can only repeat this message, never lose it.
      const position = this.positionEvent(offset);
      return { text: text + position, bytes: bytes + Buffer.byteLength(position) };
    };
  }

  #withId(token: string): Decorate {
    const head = `id: ${this.#node}.${token}.`;
    return ({ text, bytes }, offset) => {
      const id = `${head}${String(offset)}\n`;
      return { text: id + text, bytes: bytes + id.length };
    };
  }

  #eventId(token: string, offset: number): string {
    return `${this.#node}.${token}.${String(offset)}`;
  }

  #messageUrlAt(offset: number): string {
    const separator = this.#messageUrl.includes('?') ? '&' : '?';
    return `${this.#messageUrl}${separator}n=${this.#sign(offset)}`;
  }

  /** The offset of a position that this session has announced; undefined for any other text. */
  offsetOf(position: string | undefined): number | undefined {
    return position === undefined ? undefined : this.#signer?.verify(position);
  }

  #sign(offset: number): string {
    this.#signer ??= new PositionSigner();
    return this.#signer.sign(offset);
  }
}
