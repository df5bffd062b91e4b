/**
 * Imports a package from bench/peers/node_modules: a bare name is looked up from the folder of
 * the file that imports it, and this file lies there.
 */
export async function loadPeer(name: string): Promise<unknown> {
  return import(name);
}
