import type { ServerResponse } from 'node:http';
import type { Transport } from '@modelcontextprotocol/server';
import { loadPeer } from '../peers/load.js';
import { echoV2 } from './echo-v2.js';
import { official, type OfficialTransport } from './official.js';
import type { Subject } from './subject.js';

interface LegacyModule {
  SSEServerTransport: new (
    endpoint: string,
    res: ServerResponse,
  ) => OfficialTransport & Transport & { readonly sessionId: string };
}

export async function sdkV2Legacy(): Promise<Subject> {
  const legacy = (await loadPeer('@modelcontextprotocol/server-legacy/sse')) as LegacyModule;
  return official(
    (res) => new legacy.SSEServerTransport('/message', res),
    (transport) => echoV2().connect(transport),
  );
}
