// Small tests of values: records, loopback names, short ids.
// None of them throws.
import { isIP } from 'node:net';

import ipaddr from 'ipaddr.js';

import { attempt } from './foreign-error.js';

/** Whether the value is an object with named members: not null, not an array. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  try {
    return !Array.isArray(value);
  } catch {
    // [node] `Array.isArray` throws for a revoked proxy.
    return false;
  }
}

/** Most local connections have one of these: parsing them would cost 2 % of a POST. */
const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', '::1', '::ffff:127.0.0.1']);

/** Whether an IP address is one of the loopback interface, IPv4-mapped ones included. */
export function isLoopbackAddress(address: string): boolean {
  if (LOOPBACK.has(address)) return true;
  return parsedAddress(address)?.range() === 'loopback';
}

/** The parsed IP address, an IPv4-mapped one as IPv4. Undefined for any other text. */
export function parsedAddress(text: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  // `isIP` first: ipaddr.js throws for a name that is not an address, which costs 35 µs.
  if (isIP(text) === 0) return undefined;
  // [node] `isIP` takes zones that ipaddr.js does not: `::1%a-b`.
  return attempt(() => ipaddr.process(text), undefined);
}

/** Whether a host name, in lower case and without a port, always means this machine. */
export function isLoopbackName(name: string): boolean {
  return (
    name === 'localhost' ||
    name.endsWith('.localhost') ||
    isLoopbackAddress(name.replace(/^\[(.*)\]$/, '$1'))
  );
}

/**
 * The first six characters of a session id, without the name of its node. They tell sessions apart
 * in a log, and are not enough to POST to one.
 */
export function shortId(id: string): string {
  const start = id.lastIndexOf('.') + 1;
  return id.slice(start, start + 6);
}
