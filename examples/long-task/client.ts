// A client of the long task: shows its progress, loses its stream in the middle and misses nothing,
// and cancels another one.
//
//   npx tsx examples/long-task/client.ts                                with a server of its own
//   npx tsx examples/long-task/client.ts http://127.0.0.1:3000/sse     with one that runs
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { resumableFetch, type FetchLike } from 'express-mcp-sse/client';

/** A `fetch` whose connections can be cut, as a bad network would cut them. */
class FragileNetwork {
  #network = new AbortController();

  cut(): void {
    const lost = this.#network;
    this.#network = new AbortController();
    lost.abort(new Error('connection lost'));
  }

  readonly fetch: FetchLike = (url, init = {}) => {
    const signals = [this.#network.signal, ...(init.signal ? [init.signal] : [])];
    return fetch(url, { ...init, signal: AbortSignal.any(signals) });
  };
}

const given = process.argv[2];
const own = given === undefined ? await import('./server.js') : undefined;
const network = new FragileNetwork();
const client = new Client({ name: 'long-task', version: '1.0.0' });
const transport = new SSEClientTransport(new URL(given ?? own?.url ?? ''), {
  // Without resumableFetch the task would go on too; one message might come twice.
  fetch: resumableFetch(network.fetch),
});
await client.connect(transport);

/** Calls a tool and returns its text. */
async function call(
  name: string,
  args: Record<string, unknown>,
  options: { signal?: AbortSignal; onprogress?: (progress: number) => void } = {},
): Promise<string> {
  const { onprogress, ...others } = options;
  const { content } = await client.callTool({ name, arguments: args }, undefined, {
    ...others,
    ...(onprogress && { onprogress: ({ progress }) => onprogress(progress) }),
    // Progress restarts the time limit.
    resetTimeoutOnProgress: true,
  });
  return (content as { text: string }[]).map(({ text }) => text).join('\n');
}

console.log('A task whose stream is cut');
const result = await call(
  'research',
  { sources: 12 },
  {
    onprogress: (progress) => {
      console.log(`  source ${progress} of 12`);
      if (progress !== 3) return;
      network.cut();
      console.log('  -- the connection is lost --');
    },
  },
);
console.log(`  ${result}`);

console.log('A task that is cancelled');
const cancel = new AbortController();
try {
  await call(
    'research',
    { sources: 1_000 },
    {
      signal: cancel.signal,
      onprogress: (progress) => {
        console.log(`  source ${progress} of 1000`);
        if (progress === 3) cancel.abort('that is enough');
      },
    },
  );
} catch (error) {
  console.log(`  ${String(error)}`);
}
console.log(`  the server says: ${await call('tasks', {})}`);

await client.close();
own?.stop();
