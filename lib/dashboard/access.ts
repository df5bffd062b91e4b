// Decides who may load the dashboard.
import type { Request } from 'express';

import { isLoopbackAddress, isLoopbackName } from '../util/guards.js';

/** Whose page makes a request, as far as its browser tells. */
export type Requester = 'own' | 'foreign' | 'unknown';

/** [spec] Fetch Metadata: no page can set `Sec-Fetch-Site`. */
export function requesterOf({ headers }: Request): Requester {
  const site = headers['sec-fetch-site'];
  if (site === 'same-origin') return 'own';
  if (site === 'none') return 'unknown'; // A typed URL, or a bookmark.
  if (site !== undefined) return 'foreign'; // `cross-site`, `same-site`.
  // Browsers leave it out in plain HTTP to other machines, and name the origin of a POST there.
  const { origin, host } = headers;
  if (origin === undefined) return 'unknown';
  return URL.canParse(origin) && new URL(origin).host === host ? 'own' : 'foreign';
}

/** Whether the user follows a link: the page with the link learns nothing of the answer. */
export function isNavigation({ headers }: Request): boolean {
  return headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document';
}

/**
 * Whether the request names a host that is allowed. A page of any site can let its own name point at
 * this machine (DNS rebinding). Its requests then come from this machine with that name in `Host`;
 * it can forge all other headers, including those of a reverse proxy.
 */
export function isHostAllowed(req: Request, allowedHosts: readonly string[] | '*'): boolean {
  if (allowedHosts === '*') return true;
  const { remoteAddress = '', localAddress } = req.socket;
  // A browser cannot connect to a Unix socket, which has no address.
  const isLocal = isLoopbackAddress(remoteAddress) || remoteAddress === localAddress;
  if (remoteAddress === '' || !isLocal) return true;
  // The second one is Express's: `X-Forwarded-Host`, where `trust proxy` covers the peer.
  const { hostname } = req as { hostname?: string };
  const host = nameOf(req.headers.host);
  return [host, hostname?.toLowerCase() ?? host].every(
    (name) =>
      name !== undefined &&
      (isLoopbackName(name) ||
        name === nameOfAddress(remoteAddress) ||
        allowedHosts.some((allowed) => allowed.toLowerCase() === name)),
  );
}

/** A `Host` without its port. */
const nameOf = (host: string | undefined): string | undefined =>
  host?.replace(/:\d*$/, '').toLowerCase();

/** An address in the form that URLs use. */
function nameOfAddress(address: string): string {
  const v4 = address.replace(/^::ffff:(?=\d+\.)/, '');
  return v4.includes(':') ? `[${v4}]` : v4;
}
