// Refuses requests whose token lacks a scope.
import type { IncomingHttpHeaders } from 'node:http';

import { McpSseError } from '../../errors.js';
import { isRecord } from '../../util/guards.js';
import { isPromiseLike } from '../../util/promises.js';
import type { JsonRpcRequest } from '../../wire/json-rpc.js';
import type { ScopeCheck } from '../inbound/scope-gate.js';
import type { AuthInfo } from '../request-facts.js';

/** SDK v2's `ScopeChallenge`: all scopes that a token needs for a request. */
export interface ScopeChallenge {
  scopes: readonly [string, ...string[]];
  errorDescription?: string;
}

/**
 * SDK v2's `ScopeChallengeHandler`: returns a challenge to refuse a request. `headers` are those of
 * its POST.
 */
export type ScopeChallengeResolver = (context: {
  request: JsonRpcRequest;
  authInfo?: AuthInfo;
  headers: IncomingHttpHeaders;
}) => ScopeChallenge | undefined | Promise<ScopeChallenge | undefined>;

/** [spec] RFC 6749, 3.3: scope-token. */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+$/;
/** [spec] RFC 6750, 3: error_description. */
const DESCRIPTION = /^[\x20\x21\x23-\x5b\x5d-\x7e]+$/;

/** Returns a check that refuses requests that `resolver` challenges, as SDK v2's transports do. */
export function scopeCheck(
  resolver: ScopeChallengeResolver,
  bounded: <T>(name: string, work: () => Promise<T>) => Promise<T>,
): ScopeCheck {
  return (request, { authInfo: auth, headers }) => {
    const authInfo = auth as AuthInfo | undefined;
    const refuse = (challenge: unknown): void => {
      if (challenge !== undefined) throw insufficientScope(challenge, authInfo);
    };
    const failed = (error: unknown): never => {
      throw McpSseError.from(error, 'server-failed');
    };
    let answer: unknown;
    try {
      answer = resolver({ request, headers, ...(authInfo !== undefined && { authInfo }) });
    } catch (error) {
      return failed(error);
    }
    if (!isPromiseLike(answer)) {
      refuse(answer);
      return;
    }
    return bounded('the scope challenge', async () => answer).then(refuse, failed);
  };
}

function insufficientScope(challenge: unknown, authInfo: AuthInfo | undefined): McpSseError {
  if (!isScopeChallenge(challenge)) {
    const advice =
      'a scope challenge must be { scopes: [string, …], errorDescription?: string }, ' +
      'with the characters that RFC 6750 allows';
    return new McpSseError('server-failed', advice);
  }
  const { scopes, errorDescription = 'Insufficient scope' } = challenge;
  const metadata = metadataUrlOf(authInfo);
  const header =
    `Bearer error="insufficient_scope", error_description="${errorDescription}", ` +
    `scope="${scopes.join(' ')}"` +
    (metadata === undefined ? '' : `, resource_metadata="${quoted(metadata)}"`);
  return new McpSseError('insufficient-scope', errorDescription, { challenge: header });
}

function isScopeChallenge(value: unknown): value is ScopeChallenge {
  if (!isRecord(value)) return false;
  const { scopes, errorDescription } = value;
  if (!Array.isArray(scopes) || scopes.length === 0) return false;
  if (!scopes.every((scope) => typeof scope === 'string' && SCOPE.test(scope))) return false;
  if (errorDescription === undefined) return true;
  return typeof errorDescription === 'string' && DESCRIPTION.test(errorDescription);
}

/** [spec] RFC 9728: the URL of the metadata that names the issuer of tokens for this server. */
function metadataUrlOf(authInfo: AuthInfo | undefined): string | undefined {
  const { resourceMetadataUrl, resource }: Partial<AuthInfo> = isRecord(authInfo) ? authInfo : {};
  if (typeof resourceMetadataUrl === 'string') return resourceMetadataUrl || undefined;
  if (!(resource instanceof URL) || !/^https?:$/.test(resource.protocol)) return undefined;
  const url = new URL(resource);
  url.pathname = `/.well-known/oauth-protected-resource${url.pathname.replace(/\/$/, '')}`;
  url.hash = '';
  return url.href;
}

/** [spec] RFC 9110, 5.6.4: the text of a quoted string, as SDK v2 writes it. */
function quoted(text: string): string {
  return text.replace(/[\\"]/g, String.raw`\$&`).replace(/[^\x20-\x7e]/g, ' ');
}
