import { expect, it, vi } from 'vitest';

import { lazyRequest } from '../../../lib/session/serve/lazy-request.js';

const FACTS = {
  url: 'http://localhost:3000/message?sessionId=s',
  headers: { 'x-one': '1', 'set-cookie': ['a=1', 'b=2'], absent: undefined },
  authInfo: undefined,
};

it('is a Request with the URL, the method and the headers of the POST', () => {
  const request = lazyRequest(FACTS);
  expect(request).toBeInstanceOf(Request);
  expect(request.url).toBe(FACTS.url);
  expect(request.method).toBe('POST');
  expect(request.headers.get('x-one')).toBe('1');
  expect(request.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
  expect(request.headers.has('absent')).toBe(false);
});

it('has methods that can be called', async () => {
  const request = lazyRequest(FACTS);
  expect(request.clone().url).toBe(FACTS.url);
  expect(await request.text()).toBe('');
  expect(request.bodyUsed).toBe(false);
});

it('is built on first access, once', () => {
  const url = vi.fn(() => FACTS.url);
  const facts = Object.defineProperty({ ...FACTS }, 'url', { get: url });
  const request = lazyRequest(facts);
  expect(url).not.toHaveBeenCalled();
  expect(request.headers).toBe(request.headers);
  expect(url).toHaveBeenCalledTimes(1);
});
