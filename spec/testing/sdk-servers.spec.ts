import express from 'express';
import { describe, expect, it } from 'vitest';

import { mcpSse, type McpServerLike } from '../../lib/index.js';
import { openSession, type TestSession } from '../../lib/testing/index.js';
import { eventually } from '../support/eventually.js';
import { newJournal, TOOL_NAMES, type Journal } from '../support/sdk/tools.js';
import { v1McpServer, v1Server } from '../support/sdk/v1-servers.js';
import { v2McpServer, v2Server } from '../support/sdk/v2-servers.js';

interface CallResult {
  content: { type: string; text: string }[];
}

describe.each<[string, (journal: Journal) => McpServerLike]>([
  ['McpServer of SDK v1', v1McpServer],
  ['Server of SDK v1', v1Server],
  ['McpServer of SDK v2', v2McpServer],
  ['Server of SDK v2', v2Server],
])('a session on %s', (_, serverOf) => {
  const journal = newJournal();
  const open = (): Promise<TestSession> =>
    openSession(express().use(mcpSse({ server: () => serverOf(journal) })), {
      headers: { 'X-Call': 'from the test' },
      initialize: { capabilities: { sampling: {}, elicitation: {}, roots: {} } },
    });
  const call = async (session: TestSession, name: string, params = {}): Promise<string> => {
    const result = await session.request<CallResult>('tools/call', { name, ...params });
    return result.content.map(({ text }) => text).join('');
  };

  it('lists tools and calls one', async () => {
    await using session = await open();
    const { tools } = await session.request<{ tools: { name: string }[] }>('tools/list');
    expect(tools.map(({ name }) => name)).toEqual(TOOL_NAMES);
    expect(await call(session, 'greet', { arguments: { name: 'Ada' } })).toBe('Hello, Ada');
    expect(await call(session, 'whoami', { arguments: {} })).toContain('from the test');
  });

  it('gets progress and logs before the result', async () => {
    await using session = await open();
    const params = { arguments: { to: 3 }, _meta: { progressToken: 'p' } };
    const counted = call(session, 'count', params);
    await session.respond((await session.next('roots/list')).id, { roots: [] });
    expect(await counted).toBe('3');
    const steps = [1, 2, 3].map((progress) => ({ progressToken: 'p', progress, total: 3 }));
    for (const step of steps) {
      expect((await session.next('notifications/progress')).params).toEqual(step);
    }
    expect((await session.next('notifications/message')).params?.data).toBe('counted to 3');
  });

  it('answers requests of the server while a call runs', async () => {
    await using session = await open();
    const asked = call(session, 'ask', { arguments: {} });
    const sampling = await session.next('sampling/createMessage');
    const content = { type: 'text', text: 'something' };
    await session.respond(sampling.id, { model: 'none', role: 'assistant', content });
    const elicitation = await session.next('elicitation/create');
    expect(elicitation.params?.message).toBe('Your name?');
    await session.respond(elicitation.id, { action: 'accept', content: { name: 'Ann' } });
    await session.respond((await session.next('roots/list')).id, { roots: [] });
    expect(JSON.parse(await asked)).toEqual([content, { name: 'Ann' }, []]);
  });

  it('cancels a call that the test has posted itself', async () => {
    await using session = await open();
    const params = { name: 'wait', arguments: {} };
    const { waiting, cancelled } = journal;
    await session.post({ jsonrpc: '2.0', id: 'mine', method: 'tools/call', params });
    await eventually(() => journal.waiting > waiting);
    await session.notify('notifications/cancelled', { requestId: 'mine' });
    await eventually(() => journal.cancelled > cancelled);
    await expect(session.next('mine', { timeoutMs: 10 })).rejects.toThrow('no message "mine"');
  });
});
