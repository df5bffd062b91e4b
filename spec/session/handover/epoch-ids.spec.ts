import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { EpochIds } from '../../../lib/session/handover/epoch-ids.js';
import type { JsonRpcMessage, JsonRpcRequest, RequestId } from '../../../lib/wire/json-rpc.js';
import { FIRST_ID } from '../../../lib/session/inbound/pending-requests.js';

const request = (id: RequestId, params?: Record<string, unknown>): JsonRpcRequest => ({
  ...{ jsonrpc: '2.0', id, method: 'ask' },
  ...(params && { params }),
});
const idOf = (message: JsonRpcMessage): RequestId => (message as JsonRpcRequest).id;
const answer = (id: RequestId | null): JsonRpcMessage =>
  ({ jsonrpc: '2.0', id, result: {} }) as never;
const ids = fc.oneof(
  fc.integer({ min: 0, max: 2 ** 20 - 1 }),
  fc.string(),
  fc.integer({ min: -9, max: -1 }),
);
const epochs = fc.integer({ min: 1, max: 2_000 });

describe('the first server of a session', () => {
  it('uses the ids that it has chosen', () => {
    const first = EpochIds.of(0);
    const asked = request('any', { _meta: { progressToken: 7 } });
    expect(first.outgoing(asked)).toBe(asked);
    const answered = answer('any');
    expect(first.incoming(answered)).toBe(answered);
  });
});

describe('a later server of a session', () => {
  it('gets its answers with the ids that it has chosen', () => {
    fc.assert(
      fc.property(epochs, ids, (epoch, id) => {
        const own = EpochIds.of(epoch);
        const told = idOf(own.outgoing(request(id)));
        expect(own.incoming(answer(told))).toEqual(answer(id));
      }),
    );
  });

  it('gets no answer to a request of a former server', () => {
    fc.assert(
      fc.property(epochs, ids, (epoch, id) => {
        const before = idOf(EpochIds.of(epoch).outgoing(request(id)));
        const own = EpochIds.of(epoch + 1);
        expect(own.incoming(answer(before))).toBeUndefined();
        expect(own.incoming(answer(id))).toBeUndefined();
      }),
    );
  });

  it('keeps small numbers as numbers, which every client can answer', () => {
    const own = EpochIds.of(1);
    expect(idOf(own.outgoing(request(0)))).toBe(2 ** 20);
    expect(idOf(own.outgoing(request(2 ** 20 - 1)))).toBe(2 ** 21 - 1);
    // Others travel as text.
    for (const id of [2 ** 20, -1, 0.5, 'a:b"'])
      expect(typeof idOf(own.outgoing(request(id)))).toBe('string');
  });

  it('keeps ids of this package, which differ by epoch already', () => {
    expect(idOf(EpochIds.of(3).outgoing(request(FIRST_ID)))).toBe(FIRST_ID);
  });

  it('can cancel its own requests, and gets their progress', () => {
    const own = EpochIds.of(2);
    const asked = own.outgoing(
      request(5, { _meta: { progressToken: 5, more: 1 } }),
    ) as JsonRpcRequest;
    const token = (asked.params?._meta as { progressToken: RequestId }).progressToken;
    expect(token).toBe(asked.id);
    const cancelled = own.outgoing({
      ...{
        jsonrpc: '2.0',
        method: 'notifications/cancelled',
        params: { requestId: 5, reason: 'x' },
      },
    });
    expect(cancelled).toMatchObject({ params: { requestId: asked.id, reason: 'x' } });
    const progress = (progressToken: unknown): JsonRpcMessage => ({
      ...{
        jsonrpc: '2.0',
        method: 'notifications/progress',
        params: { progressToken, progress: 1 },
      },
    });
    expect(own.incoming(progress(token))).toEqual(progress(5));
    expect(own.incoming(progress(5))).toBeUndefined();
    expect(own.incoming(progress(undefined))).toBeUndefined();
  });

  it('passes everything else on unchanged', () => {
    const own = EpochIds.of(2);
    const note: JsonRpcMessage = { jsonrpc: '2.0', method: 'note', params: { requestId: 1 } };
    expect(own.outgoing(note)).toBe(note);
    expect(own.outgoing(answer(1))).toEqual(answer(1));
    const cancelsNothing: JsonRpcMessage = { jsonrpc: '2.0', method: 'notifications/cancelled' };
    expect(own.outgoing(cancelsNothing)).toEqual(cancelsNothing);
    const call = request(1, { _meta: {} });
    expect((own.outgoing(call) as JsonRpcRequest).params).toBe(call.params);
    expect(own.incoming(call)).toBe(call);
    expect(own.incoming(answer(null))).toEqual(answer(null));
  });

  it.each([
    'express-mcp-sse.2:',
    'express-mcp-sse.2:{}',
    'express-mcp-sse.2:[1',
    'express-mcp-sse.1:"a"',
    'a',
  ])('ignores an answer to %s, which no server has sent', (id) => {
    expect(EpochIds.of(2).incoming(answer(id))).toBeUndefined();
  });
});
