import { subscribe, unsubscribe } from 'node:diagnostics_channel';

import { onTestFinished } from 'vitest';

import type { BridgeEvent } from '../../lib/bridge/index.js';
import type { Bridged } from './bridged.js';

/** What the channel tells of the sessions of a bridge. */
export function statesOf({ served }: Bridged): string[] {
  const states: string[] = [];
  const listener = (payload: unknown): void => {
    const { session, state } = payload as BridgeEvent;
    if (served.mcp.sessions.get(session.id) === session)
      states.push(`${state.state} ${state.era ?? ''}`.trimEnd());
  };
  subscribe('mcp-sse:bridge', listener);
  onTestFinished(() => void unsubscribe('mcp-sse:bridge', listener));
  return states;
}
