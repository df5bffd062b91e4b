// What bridges report about the upstreams of sessions.
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

/** Follows the bridges of this process, and keeps their last report on each session. */
export class Upstreams {
  readonly #texts = new WeakMap<object, UpstreamTexts>();

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
    // Anybody may publish there, and what a subscriber throws ends the process.
    if (!isRecord(payload)) return;
    const { session, state } = payload;
    if (!isRecord(session) || !isRecord(state)) return;
    const texts = { upstream: excerptOf(state.upstream), upstreamState: excerptOf(state.state) };
    this.#texts.set(session, texts);
  };
}
