import { expect, it } from 'vitest';

import { introduce } from '../support/dashboard-client.js';
import { eventually } from '../support/eventually.js';
import { runExample } from '../support/run-example.js';
import { fetchText, StreamClient } from '../support/stream-client.js';

const example = runExample('metrics');

it('gives Prometheus the counters, by reason and code, and the sizes of messages', async () => {
  const { href } = example.url('/sse');
  const [one, two] = [await StreamClient.open(href), await StreamClient.open(href)];
  await one.request('ping');
  await one.post('{');
  two.drop();
  const metrics = await scrape((text) => text.includes('reason="client-disconnected"'));
  expect(metrics).toMatch(/^mcp_sse_sessions 1$/m);
  expect(metrics).toMatch(/^mcp_sse_opened_total 2$/m);
  expect(metrics).toMatch(/^mcp_sse_messages_in_total 1$/m);
  expect(metrics).toMatch(/^mcp_sse_refused_total\{code="parse-error"\} 1$/m);
  expect(metrics).toMatch(/^mcp_sse_message_out_bytes_count\{kind="result"\} 1$/m);
  // A scrape counts nothing twice.
  expect(await scrape(() => true)).toMatch(/^mcp_sse_opened_total 2$/m);
});

it('gives Prometheus a series for each client', async () => {
  await introduce(example.url('').origin, { name: 'a "b"', version: '2' });
  const labels = 'client="a \\\\"b\\\\"",version="2",protocolVersion="2024-11-05",principal="",';
  const metrics = await scrape((text) => text.includes('version="2"'));
  expect(metrics).toMatch(new RegExp(`^mcp_sse_usage_sessions_total\\{${labels}.*\\} 1$`, 'm'));
  expect(metrics).toMatch(new RegExp(`^mcp_sse_usage_refused_total\\{${labels}.*\\} 0$`, 'm'));
});

it('exports them with OpenTelemetry', async () => {
  const client = await StreamClient.open(example.url('/sse').href);
  await client.request('ping');
  const printed = (): boolean => example.stdout.includes('mcp_sse.messages');
  await eventually(printed, 'an export');
  expect(example.stdout).toContain('mcp_sse.sessions');
});

async function scrape(isDone: (text: string) => boolean): Promise<string> {
  for (let attempt = 0; ; attempt += 1) {
    const { body } = await fetchText(example.url('/metrics').href, {});
    if (isDone(body)) return body;
    if (attempt === 1_000) throw new Error(body);
  }
}
