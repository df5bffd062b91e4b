import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

/** Imports what is installed at `place`, a folder with a slash at its end. */
export async function load<Exports>(place: string, name: string): Promise<Exports> {
  const file = createRequire(place).resolve(name);
  return (await import(pathToFileURL(file).href)) as Exports;
}
