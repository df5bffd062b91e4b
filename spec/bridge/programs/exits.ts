// A bridge to a stdio server that ends neither at the end of its input nor when it is asked to. Says
// which processes there are, and ends by `exit` or `throw`, as its argument says.
import { fileURLToPath } from 'node:url';

import { connect, open, type Content } from '../places.js';

const script = fileURLToPath(new URL('stdio-v1.mjs', import.meta.url));
const place = await open({ upstream: { command: process.execPath, args: [script, 'stubborn'] } });
const client = await connect(place.url);
const { content } = (await client.callTool({ name: 'pids', arguments: {} })) as Content;
process.stdout.write(`${content[0]?.text ?? ''}\n`, () => {
  if (process.argv.includes('exit')) process.exit(7);
  throw new Error('not caught');
});
