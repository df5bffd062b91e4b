import type { Request } from 'express';
import { describe, expect, it } from 'vitest';

import { principalFromAuth } from '../../lib/options/principal.js';

/** The principal of a request on which authentication has left `auth`. */
const principalOf = (auth: unknown): string | undefined =>
  principalFromAuth({ auth } as unknown as Request);
const principalOfUser = (user: unknown): string | undefined =>
  principalFromAuth({ user } as unknown as Request);

/** As ORMs make them: the fields are not the object's own. */
class Model {
  readonly #id: string;

  constructor(id: string) {
    this.#id = id;
  }

  get id(): string {
    return this.#id;
  }
}

describe('the caller of a request', () => {
  it.each([undefined, null])('is anonymous without authentication (%o)', (nothing) => {
    expect(principalOf(nothing)).toBeUndefined();
    expect(principalOfUser(nothing)).toBeUndefined();
  });

  it('is the result of authentication if that is a string', () => {
    expect(principalOf('alice')).toBe('alice');
    expect(principalOfUser('alice')).toBe('alice');
  });

  const iss = 'https://login.example.com/';
  it.each([
    ['the SDKs', { token: 't', clientId: 'c', scopes: [] }, [null, null, 'c']],
    ['the SDKs', { token: 't', clientId: 'c', scopes: [], extra: { sub: 's' } }, [null, 's', 'c']],
    ['the SDKs', { token: 't', clientId: 'c', extra: { userId: 7, iss } }, [iss, '7', 'c']],
    ['the SDKs', { token: 't', clientId: '', extra: { sub: 's', azp: null } }, [null, 's', null]],
    ['the SDKs', { token: 't', clientId: 'c', extra: { claims: { sub: 's' } } }, [null, 's', 'c']],
    ['express-jwt', { iss, sub: 's', azp: 'c', iat: 1, n: {} }, [iss, 's', 'c']],
    ['express-jwt', { iss, sub: 7, client_id: 8 }, [iss, '7', '8']],
    ['express-oauth2-jwt-bearer', { payload: { iss, sub: 's', azp: 'c' } }, [iss, 's', 'c']],
    ['mcp-auth', { issuer: iss, subject: 's', clientId: 'c', claims: {} }, [iss, 's', 'c']],
    ['express-basic-auth', { user: 'ann', password: 'secret' }, [null, 'ann', null]],
    ['Clerk', { userId: 'user_1', sessionId: 'x', orgId: null }, [null, 'user_1', null]],
    ['a verifier of big numbers', { sub: 2n ** 64n }, [null, '18446744073709551616', null]],
  ])('is issuer, subject and client in the result of %s', (_, auth, expected) => {
    expect(JSON.parse(String(principalOf(auth)))).toEqual(expected);
  });

  it.each([
    ['a strategy of Passport', { id: 7, name: 'Ann' }, [null, '7', null]],
    ['a model with getters', new Model('u1'), [null, 'u1', null]],
    ['a JWT strategy', { iss, sub: 's', id: 'x' }, [iss, 's', null]],
  ])('is the user that %s sets in req.user', (_, user, expected) => {
    expect(JSON.parse(String(principalOfUser(user)))).toEqual(expected);
  });

  it('is taken from req.auth if there is req.user, too', () => {
    const both = { auth: { sub: 'a' }, user: { id: 'b' } } as unknown as Request;
    expect(principalFromAuth(both)).toBe(principalOf({ sub: 'a' }));
  });

  it('stays the same when the token is renewed', () => {
    const first = { token: 'one', clientId: 'c', expiresAt: 1, extra: { sub: 7, iat: 1 } };
    const renewed = { token: 'two', clientId: 'c', expiresAt: 2, extra: { sub: '7', iat: 2 } };
    expect(principalOf(renewed)).toBe(principalOf(first));
  });

  it('differs by issuer, subject and client, and by token if there is nothing else', () => {
    const callers = [
      { sub: 'a' },
      { sub: 'b' },
      { sub: 1 },
      { sub: 2 },
      { sub: 'a', iss: 'x' },
      { sub: 'a', iss: 'y' },
      { payload: { sub: 'a', iss: 'z' } },
      { clientId: 'a' },
      { clientId: 'a', iss: 'x' },
      { clientId: 'a', sub: 'a' },
      { clientId: 'a', sub: 'b' },
      { clientId: 'a', extra: { sub: 1 } },
      { clientId: 'a', extra: { userId: 2 } },
      { clientId: 'b', sub: 'a' },
      { token: 'a' },
      { token: 'b', iss: 'x', name: 'n' },
      { token: 'c', iss: 'x', name: 'n' },
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
});

describe('authentication that does not identify the caller', () => {
  it.each([
    ['req.auth is an empty string', ''],
    ['req.auth is a boolean', true],
    ['req.auth is a number', 42],
    ['req.auth is a function', () => ({ userId: 'u' })],
    ['req.auth is an array', ['ann']],
    ['req.auth is an object', new Map([['sub', 'ann']])],
    ['req.auth names no user', {}],
    ['req.auth names no user', { scopes: [], iss: 'x' }],
    ['req.auth names no user', { token: '' }],
    ['req.auth.sub is an empty string', { sub: '', clientId: 'c' }],
    ['req.auth.sub is an object', { sub: { id: 1 }, clientId: 'c' }],
    ['req.auth.sub is an array', { sub: ['ann'], clientId: 'c' }],
    ['req.auth.sub is a boolean', { sub: true, clientId: 'c' }],
    ['req.auth.sub is null', { sub: null, clientId: 'c' }],
    ['req.auth.userId is null', { userId: null, sessionId: null }],
    ['req.auth.extra.sub is a number', { clientId: 'c', extra: { sub: Number.NaN } }],
    // Two of these are one number after JSON.parse.
    ['req.auth.extra.userId is a number', { clientId: 'c', extra: { userId: 2 ** 53 } }],
    ['req.auth.extra.userId is an object', { clientId: 'c', extra: { userId: new Date() } }],
    ['req.auth.extra.user is an object', { clientId: 'c', extra: { user: { id: 1 } } }],
    ['req.auth.payload.sub is an array', { payload: { sub: [] }, token: 't' }],
    ['req.auth.extra is an object', { clientId: 'c', extra: new Map([['sub', 'ann']]) }],
    ['req.auth.extra is an array', { clientId: 'c', extra: [{ sub: 'ann' }] }],
    ['req.auth.extra is a string', { clientId: 'c', extra: 'ann' }],
    ['req.auth.clientId is an array', { clientId: ['c'], sub: 'ann' }],
    ['req.auth.iss is an array', { iss: ['x'], sub: 'ann' }],
    ['req.auth.iss is an empty string', { iss: '', sub: 'ann' }],
    ['req.auth.extra.email may name a user', { clientId: 'c', extra: { email: 'a@b.c' } }],
    ['req.auth.extra.claims.login may name', { clientId: 'c', extra: { claims: { login: 'a' } } }],
    [
      'req.auth.extra.claims.payload may name a user',
      { clientId: 'c', extra: { claims: { payload: { sub: 'a' } } } },
    ],
    ['req.auth.uid may name a user', { client_id: 'c', uid: 7 }],
    ['req.auth.payload.tenant may name a user', { payload: { azp: 'c', tenant: 'x' } }],
  ])('is refused: %s', (problem, auth) => {
    expect(() => principalOf(auth)).toThrow(problem);
    expect(() => principalOf(auth)).toThrow('set security.principal');
  });

  it.each([
    ['req.user names no user', { name: 'Ann' }],
    ['req.user.id is an object', { id: { $oid: 'x' } }],
    ['req.user is a boolean', false],
  ])('is refused: %s', (problem, user) => {
    expect(() => principalOfUser(user)).toThrow(problem);
  });

  it('is not repeated in the error', () => {
    expect(() => principalOf({ clientId: 'c', sub: ['secret'] })).not.toThrow(/secret/);
  });

  it('is accepted for a client without users', () => {
    expect(principalOf({ clientId: 'c', extra: null })).toBe(principalOf({ clientId: 'c' }));
    const machine = { iss: 'x', azp: 'c', aud: 'api', exp: 2, iat: 1, scope: 'mcp', jti: '1' };
    expect(principalOf(machine)).toBe(principalOf({ ...machine, exp: 4, iat: 3, jti: '2' }));
  });
});
