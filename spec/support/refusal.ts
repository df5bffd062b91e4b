import { expect } from 'vitest';

import type { fetchText } from './stream-client.js';

export type Answer = Awaited<ReturnType<typeof fetchText>>;

/** Put into what a client sends, to prove that no refusal gives it back. */
export const CANARY = 'canary-4711';

/** Asserts that `answer` is a refusal by the one error contract, and says nothing of the input. */
export function expectRefusal(answer: Answer, status: number, code: number): void {
  expect(answer.status).toBe(status);
  expect(answer.headers['content-type']).toBe('application/json');
  expect(JSON.parse(answer.body)).toEqual({
    jsonrpc: '2.0',
    id: null,
    error: { code, message: expect.stringMatching(/\S/) },
  });
  expect(JSON.stringify([answer.headers, answer.body])).not.toContain(CANARY);
}
