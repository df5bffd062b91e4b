// What bridges tell of the upstreams of sessions.
import { subscribe, unsubscribe } from 'node:diagnostics_channel';

import type { Session } from '../index.js';
import { isRecord } from '../util/guards.js';
import { excerptOf } from './excerpt.js';

/** The upstream of a session as the page shows it; '' where there is none. */
export interface UpstreamTexts {
  readonly upstream: string;
  readonly upstreamState: string;
}

const CHANNEL = 'mcp-sse:bridge';
const NONE: UpstreamTexts = { upstream: '', upstreamState: '' };

/** Follows the bridges of this process, and keeps what they said last of each session. */
export class Upstreams {
  readonly #texts = new WeakMap<Session, UpstreamTexts>();

  start(): void {
    subscribe(CHANNEL, this.#changed);
  }

  stop(): void {
    unsubscribe(CHANNEL, this.#changed);
  }

  of(session: Session): UpstreamTexts {
    return this.#texts.get(session) ?? NONE;
  }

  /** A bridge is an entry point of its own: its events are known by their documented shape. */
  readonly #changed = (payload: unknown): void => {
    const { session, state } = payload as { session: Session; state: unknown };
    if (!isRecord(state)) return;
    const texts = { upstream: excerptOf(state.upstream), upstreamState: excerptOf(state.state) };
    this.#texts.set(session, texts);
  };
}
