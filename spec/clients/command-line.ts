import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';

import type { ConnectedClient } from './steps.js';
import { connectSdk, type Sdk } from './sdk.js';

/** A program that connects to a stream and serves what it finds there on its stdin and stdout. */
export function connectThroughStdio(
  place: string,
  args: readonly string[],
): Promise<ConnectedClient> {
  const { PATH = '', HOME = '' } = process.env;
  const env = { PATH, HOME, MCP_REMOTE_CONFIG_DIR: join(place, 'mcp-auth') };
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [...args],
    cwd: place,
    env,
    stderr: 'ignore',
  });
  const sdk: unknown = { Client };
  return connectSdk(sdk as Pick<Sdk, 'Client'>, transport);
}

/** A program that connects, does one thing, prints what came of it, and leaves. */
export interface OneShot {
  readonly list: readonly string[];
  readonly call: (tool: string) => readonly string[];
}

export async function connectOneShots(
  place: string,
  { list, call }: OneShot,
): Promise<ConnectedClient> {
  const run = async (args: readonly string[]): Promise<string> => {
    const options = { cwd: place, timeout: 25_000, maxBuffer: 64 * 1024 * 1024 };
    const { stdout } = await promisify(execFile)(process.execPath, args, options);
    return stdout;
  };
  return {
    notifications: [],
    tools: async () => (await run(list)).match(/\w+/g) ?? [],
    call: (name) => run(call(name)),
    close: () => undefined,
  };
}
