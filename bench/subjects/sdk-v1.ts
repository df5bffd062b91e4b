import { SSEServerTransport } from '@modelcontextprotocol/sdk/server/sse.js';
import { echoV1 } from './echo-v1.js';
import { official } from './official.js';
import type { Subject } from './subject.js';

export function sdkV1(): Subject {
  return official(
    (res) => new SSEServerTransport('/message', res),
    (transport) => echoV1().connect(transport),
  );
}
