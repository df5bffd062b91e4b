import { describe, expect, it } from 'vitest';

import type { Request } from 'express';
import { principalFromAuth } from '../../lib/options/principal.js';

/** The principal of a request on which authentication has left `auth`. */
const principalOf = (auth: unknown): string | undefined =>
  principalFromAuth({ auth } as unknown as Request);

describe('the caller of a request', () => {
  it.each([undefined, null])('is anonymous without authentication (%o)', (auth) => {
    expect(principalOf(auth)).toBeUndefined();
  });

  it('is what authentication says, where that is a string', () => {
    expect(principalOf('alice')).toBe('alice');
  });

  it.each([
    ['the bearer middleware of the SDKs', { token: 't', clientId: 'c', scopes: [] }],
    ['the same with a user', { token: 't', clientId: 'c', scopes: [], extra: { sub: 's' } }],
    ['the same with a user id', { token: 't', clientId: 'c', scopes: [], extra: { userId: 's' } }],
    ['express-jwt', { sub: 's', azp: 'c' }],
    ['express-oauth2-jwt-bearer', { payload: { sub: 's' }, header: {}, token: 't' }],
    ['express-basic-auth', { user: 'alice', password: 'secret' }],
    ['a bare token', { token: 't' }],
  ])('is known by what %s leaves', (_, auth) => {
    expect(principalOf(auth)).toBeTypeOf('string');
    expect(principalOf(structuredClone(auth))).toBe(principalOf(auth));
  });

  it('stays the same when the token is renewed', () => {
    const first = { token: 'one', clientId: 'c', expiresAt: 1, extra: { sub: 's' } };
    const renewed = { token: 'two', clientId: 'c', expiresAt: 2, extra: { sub: 's' } };
    expect(principalOf(renewed)).toBe(principalOf(first));
  });

  it('differs by subject, by client, and by token where there is nothing else', () => {
    const callers = [
      { sub: 'a' },
      { sub: 'b' },
      { clientId: 'a' },
      { clientId: 'a', sub: 'a' },
      { clientId: 'a', sub: 'b' },
      { clientId: 'b', sub: 'a' },
      { token: 'a' },
      { token: 'b' },
      undefined,
    ];
    expect(new Set(callers.map(principalOf)).size).toBe(callers.length);
  });

  it('cannot be forged by a name that looks like another pair', () => {
    expect(principalOf({ clientId: 'a","b', sub: 'c' })).not.toBe(
      principalOf({ clientId: 'a', sub: 'b","c' }),
    );
  });

  it('holds no token', () => {
    expect(principalOf({ token: 'secret-token' })).not.toContain('secret-token');
  });

  it.each([{}, { scopes: [] }, true, 42, { sub: 7 }, { token: '' }.token.length])(
    'is refused when authentication names nobody: %o',
    (auth) => {
      expect(() => principalOf(auth)).toThrow('set security.principal');
    },
  );
});
