import { describe, expect, it } from 'vitest';

import { bearerChallenge } from '../../lib/bridge/challenge.js';

const UPSTREAM = new URL('https://tools.example/mcp');
const of = (header: string | null): string | undefined => bearerChallenge(header, UPSTREAM);
const METADATA = 'https://tools.example/.well-known/oauth-protected-resource/mcp';

describe('a challenge that the bridge passes on', () => {
  it.each([
    ['Bearer', 'Bearer'],
    ['bearer REALM=tools', 'Bearer realm="tools"'],
    [
      `Bearer error="invalid_token", error_description="it's old", resource_metadata="${METADATA}"`,
      `Bearer error="invalid_token", error_description="it's old", resource_metadata="${METADATA}"`,
    ],
    ['Bearer scope="read  write",realm = "a"', 'Bearer scope="read  write", realm="a"'],
    ['Basic realm="x", Bearer realm="y", Digest nonce="z"', 'Bearer realm="y"'],
    ['Negotiate abc==, Bearer realm="y"', 'Bearer realm="y"'],
    ['Bearer realm="a", realm="b"', 'Bearer realm="a"'],
  ])('%s', (header, expected) => {
    expect(of(header)).toBe(expected);
  });
});

describe('a challenge that the bridge does not pass on', () => {
  it.each([
    ['another scheme', 'Basic realm="tools"', undefined],
    ['none', null, undefined],
    ['an empty one', '', undefined],
    ['a longer header', `Bearer realm="${'x'.repeat(8_192)}"`, undefined],
    ['a longer value', `Bearer realm="${'x'.repeat(513)}", scope="a"`, 'Bearer scope="a"'],
    ['another parameter', 'Bearer charset="utf-8", scope="a"', 'Bearer scope="a"'],
    ['an escape', String.raw`Bearer realm="a\"b", scope="a"`, 'Bearer scope="a"'],
    ['what is not ASCII', 'Bearer realm="\u00e9", scope="a"', 'Bearer scope="a"'],
    ['metadata of elsewhere', `Bearer resource_metadata="https://evil.example/"`, 'Bearer'],
    ['metadata inside', `Bearer resource_metadata="http://169.254.169.254/"`, 'Bearer'],
    ['metadata by http', `Bearer resource_metadata="http://tools.example/"`, 'Bearer'],
    ['metadata with a user', `Bearer resource_metadata="https://a:b@tools.example/"`, 'Bearer'],
    ['metadata that is no URL', `Bearer resource_metadata="/.well-known"`, 'Bearer'],
    ['what follows a quote that never ends', 'Bearer scope="a", realm="b', 'Bearer scope="a"'],
  ])('%s', (_, header, expected) => {
    expect(of(header)).toBe(expected);
  });
});
