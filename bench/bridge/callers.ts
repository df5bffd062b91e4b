/** Clients that cost as little as can be, so that what is measured is the bridge. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, get, request, type ClientRequest } from 'node:http';
import { createInterface } from 'node:readline';

export interface Caller {
  /** Resolves with the result of a request. */
  call(method: string, params: object): Promise<unknown>;
  close(): Promise<void>;
}

interface Answer {
  readonly id?: number;
  readonly result?: unknown;
}

/** Requests that wait for their answers, which come by any way. */
class Calls {
  readonly #waiting = new Map<number, (result: unknown) => void>();
  #count = 0;

  send(method: string, params: object, write: (text: string) => void): Promise<unknown> {
    const id = (this.#count += 1);
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      write(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
    });
  }

  answered(text: string): void {
    const { id = 0, result } = JSON.parse(text) as Answer;
    this.#waiting.get(id)?.(result);
    this.#waiting.delete(id);
  }
}

/** A client of the stdio server itself. */
export function stdioCaller(command: string, args: readonly string[]): Caller {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'ignore'] });
  const calls = new Calls();
  createInterface({ input: child.stdout }).on('line', (line) => calls.answered(line));
  return {
    call: (method, params) =>
      calls.send(method, params, (text) => void child.stdin.write(`${text}\n`)),
    async close() {
      child.kill();
      await once(child, 'exit');
    },
  };
}

/** A client of HTTP+SSE, whose stream is open. Rejects while nobody listens there. */
export async function sseCaller(url: string): Promise<Caller> {
  const calls = new Calls();
  const agent = new Agent({ keepAlive: true });
  let opened: (endpoint: URL) => void = () => undefined;
  const endpoint = new Promise<URL>((resolve) => (opened = resolve));
  const stream = get(url, { headers: { accept: 'text/event-stream' }, agent: false });
  const [response] = (await once(stream, 'response')) as [AsyncIterable<Buffer>];
  void read(response, (event, data) => {
    if (event === 'endpoint') opened(new URL(data, url));
    else calls.answered(data);
  }).catch(() => undefined);
  const target = await endpoint;
  return {
    call: (method, params) => calls.send(method, params, (text) => void post(target, agent, text)),
    close() {
      stream.destroy();
      agent.destroy();
      return Promise.resolve();
    },
  };
}

function post(target: URL, agent: Agent, text: string): ClientRequest {
  const headers = {
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(text)),
  };
  const posted = request(target, { method: 'POST', agent, headers });
  posted.on('response', (response) => response.resume());
  // Nothing is answered then, and the measurement does not end.
  posted.on('error', (error) => console.error(error));
  return posted.end(text);
}

async function read(
  stream: AsyncIterable<Buffer>,
  event: (event: string, data: string) => void,
): Promise<void> {
  let rest = '';
  for await (const chunk of stream) {
    const blocks = (rest + chunk.toString()).replaceAll('\r', '').split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const data = /^data: ?(.*)$/m.exec(block)?.[1];
      const name = /^event: ?(.*)$/m.exec(block)?.[1] ?? 'message';
      if (data !== undefined) event(name, data);
    }
  }
}
