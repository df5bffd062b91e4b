/** Where things lie. */
import { fileURLToPath } from 'node:url';

export const root = new URL('../', import.meta.url);
export const sources = new URL('lib/', root);
export const builtEntry = new URL('dist/index.js', root);
export const peers = new URL('bench/peers/', root);
export const results = new URL('bench/results/', root);
export const page = fileURLToPath(new URL('docs/performance.md', root));
