import { expect } from 'vitest';

import { request } from './messages.js';
import { expectRefusal } from './refusal.js';
import { fetchText, post, StreamClient } from './stream-client.js';

/** Asserts that a caller with these headers may open a stream, and post to it. */
export async function expectAdmitted(url: string, headers: Record<string, string>): Promise<void> {
  const client = await StreamClient.open(`${url}/sse`, headers);
  expect(client.status, JSON.stringify(headers)).toBe(200);
  expect((await client.request('ping')).result).toEqual({});
  client.drop();
}

/** Asserts that a caller with these headers gets in nowhere, and learns what would let them in. */
export async function expectBarred(
  url: string,
  headers: Record<string, string>,
  advice: string,
): Promise<void> {
  for (const answer of [
    await fetchText(`${url}/sse`, { headers }),
    await fetchText(`${url}/sse`, { headers, method: 'OPTIONS' }),
    await post(`${url}/message?sessionId=any`, request(1), headers),
  ]) {
    expectRefusal(answer, 403, -32600);
    expect(JSON.parse(answer.body).error.message).toContain(advice);
    expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
  }
}
