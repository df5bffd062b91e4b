import type { Request } from 'express';

import { isLoopbackName } from '../util/guards.js';

/** Whose page makes a request, as far as its browser says so. */
export type Requester = 'own' | 'foreign' | 'unknown';

/** [spec] Fetch Metadata: `Sec-Fetch-Site` cannot be set by a page. */
export function requesterOf({ headers }: Request): Requester {
  const site = headers['sec-fetch-site'];
  if (site === 'same-origin') return 'own';
  if (site === 'none') return 'unknown'; // Somebody has typed the URL.
  if (site !== undefined) return 'foreign';
  // Browsers leave it out in plain HTTP to other machines, and say where a POST comes from.
  const { origin, host } = headers;
  if (origin === undefined) return 'unknown';
  return URL.canParse(origin) && new URL(origin).host === host ? 'own' : 'foreign';
}

/**
 * Whether the request is addressed to a name that it may come by. A page of any site can have its
 * own name point at this machine (DNS rebinding); its requests come over loopback, with that name.
 */
export function isHostAllowed(req: Request, allowedHosts: readonly string[] | '*'): boolean {
  if (allowedHosts === '*') return true;
  // Both are Express's: they go by `trust proxy`. A request without a Host has no hostname.
  const { ip = '', hostname = '' } = req as { ip?: string; hostname?: string };
  if (!/^(::ffff:)?127\.|^::1$/.test(ip)) return true;
  const name = hostname.toLowerCase();
  return isLoopbackName(name) || allowedHosts.some((allowed) => allowed.toLowerCase() === name);
}
