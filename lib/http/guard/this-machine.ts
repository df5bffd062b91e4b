// Whether both ends of a connection are this machine.
import { isLoopbackAddress, parsedAddress } from '../../util/guards.js';

/** The addresses of a connection's two ends; undefined once its socket is destroyed. */
export interface Ends {
  readonly remoteAddress?: string | undefined;
  readonly localAddress?: string | undefined;
}

/**
 * Whether both ends of a TCP connection are the same machine: over loopback, or over an address of
 * its network. A page of any site can reach it by a name of its own (DNS rebinding).
 */
export function isWithinMachine(ends: Ends): boolean {
  const { remoteAddress } = ends;
  // [node] A socket's own address costs a system call, so it is read only if the other end does not
  // decide.
  return (
    remoteAddress !== undefined &&
    (isLoopbackAddress(remoteAddress) || remoteAddress === ends.localAddress)
  );
}

/**
 * Whether a name without its port is the address that the connection came to. No page of another
 * site is addressed by it.
 */
export function isOwnAddress(name: string, { localAddress }: Ends): boolean {
  return localAddress !== undefined && isSameAddress(name, localAddress);
}

function isSameAddress(name: string, localAddress: string): boolean {
  const address = parsedAddress(withoutBrackets(name))?.toString();
  return address !== undefined && address === parsedAddress(localAddress)?.toString();
}

function withoutBrackets(name: string): string {
  return name.startsWith('[') && name.endsWith(']') ? name.slice(1, -1) : name;
}
