// What each row has to stand: an SDK client lists, calls, is told of progress, and leaves.
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';

import type { AppProcess } from './app-process.js';
import { fetchFor, type Fetch } from './fetches.js';

const STEP_MS = 15_000;

/** Throws with what is wrong. */
export async function visit(app: AppProcess, place: string): Promise<void> {
  const { path, header } = app.listening;
  const { fetch, origin, close } = fetchFor(app.listening, place);
  const heads: Headers[] = [];
  const noting: Fetch = async (url, init) => {
    const response = await fetch(url, init);
    heads.push(response.headers);
    return response;
  };
  const client = new Client({ name: 'world', version: '1.0.0' });
  const transport = new SSEClientTransport(new URL(`${origin}${path}/sse`), { fetch: noting });
  try {
    await within('connecting', client.connect(transport));
    await steps(client);
    // A session that two clients share in turns must not be the only one that works.
    await within('a second call', call(client, 'greet', 'hello'));
  } finally {
    await client.close();
    await close();
  }
  await within('the server notices that the client has left', left(app));
  const { failed, evidence } = await app.condition();
  if (failed.length > 0) throw new Error(`onError: ${failed.join('; ')}`);
  if (!evidence) throw new Error('the middleware was not at work');
  if (header !== undefined && !heads.some((head) => head.has(header)))
    throw new Error(`no response has ${header}: the middleware was not at work`);
}

async function steps(client: Client): Promise<void> {
  const { tools } = await within('tools/list', client.listTools());
  const names = tools.map(({ name }) => name).sort();
  if (names.join() !== 'count,greet,large') throw new Error(`other tools: ${names.join()}`);
  await within('a call', call(client, 'greet', 'hello'));
  const seen: number[] = [];
  const onprogress = ({ progress }: { progress: number }): void => void seen.push(progress);
  await within('a call with progress', call(client, 'count', 'counted', onprogress));
  if (seen.join() !== '1,2,3') throw new Error(`progress was ${seen.join()}`);
  await within('a large answer', call(client, 'large', '€'.repeat(300_000)));
}

async function call(
  client: Client,
  name: string,
  expected: string,
  onprogress?: (progress: { progress: number }) => void,
): Promise<void> {
  const options = onprogress && { onprogress };
  const result = await client.callTool({ name, arguments: {} }, undefined, options);
  const { content } = result as { content: { text?: string }[] };
  if (content[0]?.text !== expected) throw new Error(`${name} answered something else`);
}

async function left(app: AppProcess): Promise<void> {
  while ((await app.condition()).open > 0) await new Promise((resolve) => setTimeout(resolve, 20));
}

async function within<T>(step: string, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error('nothing came'));
    }, STEP_MS);
  });
  try {
    return await Promise.race([work, late]);
  } catch (error) {
    throw new Error(`${step}: ${String(error)}`, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}
