import express from 'express';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { mcpSse } from '../../lib/index.js';
import { openSession } from '../../lib/testing/index.js';

describe('a session that is opened under fake timers', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('opens, gets answers, meets deadlines by the real clock, and closes', async () => {
    const mcp = mcpSse();
    const app = express().use(mcp);
    const session = await openSession(app, { timeoutMs: 2_000 });
    expect(await session.request('tools/list')).toEqual({ tools: [] });
    await expect(session.next('none', { timeoutMs: 20 })).rejects.toThrow('within 20 ms');
    await session.close();
    vi.useRealTimers();
    await mcp.close();
  });
});
