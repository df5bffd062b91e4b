import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';

import type { Visitor } from './journey.js';
import { visit, type Sdk } from './sdk.js';

/** A program that connects to a stream and serves what it finds there on its stdin and stdout. */
export function visitWithBridge(place: string, args: readonly string[]): Promise<Visitor> {
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
  return visit(sdk as Pick<Sdk, 'Client'>, transport);
}

/** A program that connects, does one thing, prints what came of it, and leaves. */
export interface OneShot {
  readonly list: readonly string[];
  readonly call: (tool: string) => readonly string[];
}

export async function visitWithOneShots(place: string, { list, call }: OneShot): Promise<Visitor> {
  const run = async (args: readonly string[]): Promise<string> => {
    const options = { cwd: place, timeout: 25_000 };
    const { stdout } = await promisify(execFile)(process.execPath, args, options);
    return stdout;
  };
  return {
    heard: [],
    tools: async () => (await run(list)).match(/\w+/g) ?? [],
    call: (name) => run(call(name)),
    close: () => undefined,
  };
}
