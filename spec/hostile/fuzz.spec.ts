import fc from 'fast-check';
import { expect, it } from 'vitest';

import { RawClient } from '../support/raw-client.js';
import { StreamClient } from '../support/stream-client.js';
import { answersIn } from './answers.js';
import { CANARY, ID } from './case.js';
import { contractFaultOf } from './judge.js';
import { mutate, mutations, type Mutation } from './mutation.js';
import { framed, head, HOST, NOTE, postOf } from './request.js';
import { Site } from './site.js';

/** `npm test` stays quick: FUZZ_RUNS=100000 is for when there is time. */
const RUNS = Number(process.env.FUZZ_RUNS ?? 150);
const SEED = process.env.FUZZ_SEED ? { seed: Number(process.env.FUZZ_SEED) } : {};
const PATIENCE_MS = 60_000 + RUNS * 100;

const BATCH = JSON.stringify([
  { jsonrpc: '2.0', id: 'f1', method: 'ping' },
  { jsonrpc: '2.0', id: 'f2', method: 'tools/list', params: { cursor: CANARY } },
]);

/** Requests that are right, until they are mutated. */
const REQUESTS: readonly string[] = [
  postOf({}).join(''),
  postOf({ body: BATCH }).join(''),
  framed(
    ['Transfer-Encoding: chunked'],
    `${NOTE.length.toString(16)}\r\n${NOTE}\r\n0\r\n\r\n`,
  ).join(''),
  postOf({}).join('') + postOf({ body: BATCH }).join(''),
  head('GET /sse HTTP/1.1', HOST, 'Accept: text/event-stream'),
  head('GET /sse HTTP/1.1', HOST, `Last-Event-ID: ${'A'.repeat(12)}.${'A'.repeat(22)}.7`),
];

/** What the answers on one connection have against the contract. */
function faultsIn(received: string): string[] {
  return answersIn(received).flatMap((answer) => {
    // What the application says of URLs that are not ours is its own affair.
    const echoes = answer.status !== 404 && JSON.stringify(answer).includes(CANARY);
    return echoes ? [`gives back what was sent: ${received}`] : (contractFaultOf(answer) ?? []);
  });
}

it(
  'answers mutated bytes of a request by the error contract, or as node:http does',
  { timeout: PATIENCE_MS },
  async () => {
    const site = await Site.open();
    const { port, url } = site.served;
    const victim = await StreamClient.open(`${url}/sse`);
    const property = fc.asyncProperty(
      fc.constantFrom(...REQUESTS),
      mutations,
      async (request: string, steps: Mutation[]) => {
        const bytes = Buffer.from(request.replaceAll(ID, victim.sessionId));
        const client = await RawClient.connect(port);
        client.write(mutate(bytes, steps));
        client.end();
        await client.closed();
        expect(faultsIn(client.text)).toEqual([]);
        expect((await site.beside.request('ping')).result).toEqual({});
      },
    );
    await fc.assert(property, { numRuns: RUNS, ...SEED });
    expect(victim.ended).toBe(false);
    victim.drop();
    expect(await site.leftovers()).toEqual([]);
  },
);

/** The rules of JSON-RPC 2.0 as MCP narrows them, once more and without a schema. */
function isMessage(value: unknown): boolean {
  if (!isObject(value) || value.jsonrpc !== '2.0') return false;
  const { id, method, params, result, error } = value;
  const hasId = typeof id === 'string' || Number.isSafeInteger(id);
  if ('method' in value) {
    const fits = typeof method === 'string' && (params === undefined || isObject(params));
    return fits && ('id' in value ? hasId : true);
  }
  if (!('error' in value)) return hasId && isObject(result);
  const fits = isObject(error) && Number.isSafeInteger(error.code);
  return fits && typeof error.message === 'string' && (hasId || id == null) && result === undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isTaken(value: unknown): boolean {
  if (!Array.isArray(value)) return isMessage(value);
  if (value.length === 0 || !value.every(isMessage)) return false;
  const requests = (value as Record<string, unknown>[]).filter(
    (each) => 'method' in each && 'id' in each,
  );
  return new Set(requests.map(({ id }) => id)).size === requests.length;
}

/** Either what belongs there, or anything. */
const orAnything = <T>(right: fc.Arbitrary<T>): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 9, arbitrary: right }, { weight: 1, arbitrary: fc.jsonValue() });

const error = fc.record(
  {
    code: orAnything(fc.integer()),
    message: orAnything(fc.string()),
    data: fc.jsonValue(),
  },
  { requiredKeys: [] },
);
const anyObject = fc.dictionary(fc.string(), fc.jsonValue());
const message = fc.record(
  {
    jsonrpc: orAnything(fc.constant('2.0')),
    id: orAnything(fc.oneof(fc.string(), fc.integer())),
    method: orAnything(fc.oneof(fc.constantFrom('ping', 'initialize'), fc.string())),
    params: orAnything(anyObject),
    result: orAnything(anyObject),
    error: orAnything(error),
  },
  { requiredKeys: ['jsonrpc'] },
);
const body = fc.oneof(
  { weight: 6, arbitrary: message },
  { weight: 2, arbitrary: fc.array(message, { maxLength: 4 }) },
  { weight: 1, arbitrary: fc.jsonValue() },
);

it('accepts exactly the valid JSON-RPC messages', { timeout: PATIENCE_MS }, async () => {
  const site = await Site.open();
  const victim = await StreamClient.open(`${site.served.url}/sse`);
  const seen = new Set<number>();
  const property = fc.asyncProperty(body, async (value) => {
    const text = JSON.stringify(value);
    const { status, body: answer } = await victim.post(text);
    seen.add(status);
    if (isTaken(JSON.parse(text))) expect([status, answer], text).toEqual([202, '']);
    else {
      expect(status, text).toBe(400);
      expect(JSON.parse(answer)).toMatchObject({ id: null, error: { code: -32600 } });
    }
  });
  await fc.assert(property, { numRuns: RUNS, ...SEED });
  expect(seen, 'both kinds were tried').toEqual(new Set([202, 400]));
  expect((await site.beside.request('ping')).result).toEqual({});
  expect(victim.ended).toBe(false);
  victim.drop();
  expect(await site.leftovers()).toEqual([]);
});
