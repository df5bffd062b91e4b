import { StreamClient } from './stream-client.js';

/** Opens a stream as soon as the server has room for one. */
export async function openWhenFree(url: string): Promise<StreamClient> {
  const deadline = performance.now() + 20_000;
  for (;;) {
    const client = await StreamClient.open(url);
    if (client.status === 200) return client;
    if (performance.now() > deadline) throw new Error(`no room: ${String(client.status)}`);
  }
}
