// Tells whether both ends of a connection are this machine.
import { isLoopbackAddress, parsedAddress } from '../../util/guards.js';

/** The addresses of a connection's two ends; undefined once its socket is destroyed. */
export interface Ends {
  readonly remoteAddress?: string | undefined;
  readonly localAddress?: string | undefined;
}

/**
 * Whether both ends of a TCP connection are the same machine, over loopback or over an address of
 * its network. By DNS rebinding, a page of any site can make such a connection under a name of its
 * own.
 */
export function isWithinMachine(ends: Ends): boolean {
  const { remoteAddress } = ends;
  // [node] Reading a socket's own address takes a system call: only if the other end does not
  // decide.
  return (
    remoteAddress !== undefined &&
    (isLoopbackAddress(remoteAddress) || remoteAddress === ends.localAddress)
  );
}

/**
 * Whether a name, without its port, is the address at which the connection arrived. No page of
 * another site has such a name.
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
