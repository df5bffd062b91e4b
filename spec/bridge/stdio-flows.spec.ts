import { fileURLToPath } from 'node:url';

import { describe, onTestFinished } from 'vitest';

import { bridge } from '../../lib/bridge/index.js';
import { serve } from '../support/serve.js';
import { testFlows } from '../support/sdk/flows.js';
import { newJournal, type Journal } from '../support/sdk/tools.js';
import { connectV1 } from '../support/sdk/v1-client.js';
import { connectV2 } from '../support/sdk/v2-client.js';

const program = fileURLToPath(new URL('programs/stdio-flows.ts', import.meta.url));

describe.each([
  ['v1', connectV1],
  ['v2', connectV2],
])('a client of SDK %s, bridged to stdio', (_, connect) => {
  testFlows('v1', async () => {
    const journal = newJournal();
    const onStderr = (line: string): Journal =>
      Object.assign(journal, JSON.parse(line) as Partial<Journal>);
    const upstream = { command: process.execPath, args: ['--import', 'tsx', program] };
    const server = bridge({ upstream, hooks: { onStderr } });
    onTestFinished(() => server.close());
    const served = await serve({ server, resume: { windowMs: 100 } });
    return { journal, served, client: await connect(`${served.url}/sse`) };
  });
});
