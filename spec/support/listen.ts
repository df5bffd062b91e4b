import { subscribe, unsubscribe } from 'node:diagnostics_channel';

import { onTestFinished } from 'vitest';

import type { McpSseChannels } from '../../lib/index.js';

/** What a channel publishes until the test is finished, in order. */
export function listenTo<Name extends keyof McpSseChannels>(name: Name): McpSseChannels[Name][] {
  const heard: McpSseChannels[Name][] = [];
  const hear = (payload: unknown): void => {
    heard.push(payload as McpSseChannels[Name]);
  };
  subscribe(name, hear);
  onTestFinished(() => {
    unsubscribe(name, hear);
  });
  return heard;
}
