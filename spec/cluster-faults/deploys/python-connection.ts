import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { EventStreamParser } from '../../../lib/wire/sse-parser.js';
import type { Report } from '../../../scripts/report.js';
import { LineClient } from '../../clients/line-client.js';
import { build, type Command } from '../../clients/tool-chain.js';
import type { Connection, ConnectionListener } from './connection.js';

/** The interpreter that has the SDK. */
export interface Python {
  readonly program: string;
}

const SCRIPT = fileURLToPath(new URL('../../clients/python/sdk.py', import.meta.url));
const command = (program: string, ...args: string[]): Command => ({ program, args });

/** Undefined, and reported as skipped, where Python or the SDK is not to be had. */
export async function findPython(report: Report): Promise<Python | undefined> {
  const target = await build(
    {
      language: 'python',
      name: 'deploys-python',
      needs: [command('python3', '-c', 'import sys; assert sys.version_info >= (3, 10)')],
      fetch: (at) => [
        command('python3', '-m', 'venv', at),
        command(join(at, 'bin/pip'), 'install', '-q', '-r', 'mcp-1.txt'),
      ],
      build: () => [],
    },
    report,
  );
  return target === undefined ? undefined : { program: join(target, 'bin/python') };
}

/**
 * A client of the official Python SDK, which cannot come back by itself. Its session was opened at
 * one node, and its only stream is connected to another one, which relays it.
 */
export async function connectPython(
  { program }: Python,
  ownerUrl: string,
  streamUrl: string,
  { onData }: ConnectionListener,
): Promise<Connection> {
  const id = await openAndLeave(ownerUrl);
  const onNotified = (text: string): void => {
    onData(JSON.parse(text));
  };
  const args = ['-B', SCRIPT, streamUrl, `Last-Event-ID=${id}`];
  const client = await LineClient.start(program, args, onNotified);
  return {
    call: (name) => client.call(name),
    setLevel: () => Promise.resolve(),
    subscribe: () => Promise.resolve(),
    // It fails where a notification comes while it closes.
    close: () => client.close().catch(() => undefined),
  };
}

/** Opens a session and leaves it; resolves to the id of its first event. */
async function openAndLeave(url: string): Promise<string> {
  const leaving = new AbortController();
  const { signal } = leaving;
  const response = await fetch(url, { headers: { 'Mcp-Sse-Resume': '1' }, signal });
  let last: string | undefined;
  const parser = new EventStreamParser({ lastEventId: (id) => (last = id) });
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    parser.feed(decoder.decode(chunk as Uint8Array, { stream: true }));
    if (last !== undefined) break;
  }
  leaving.abort();
  if (last === undefined) throw new Error('the stream has ended without an id');
  return last;
}
