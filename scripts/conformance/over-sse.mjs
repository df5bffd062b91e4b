// Loaded by `node --import`: gives the SDK's SSE client to whoever imports its Streamable HTTP
// client. Nothing else of the conformance suite changes.
import { registerHooks } from 'node:module';

const REPLACED = /\/@modelcontextprotocol\/sdk\/dist\/esm\/client\/streamableHttp\.js$/;
const source = `export { SSEClientTransport as StreamableHTTPClientTransport } from './sse.js';`;

registerHooks({
  load(url, context, nextLoad) {
    if (!REPLACED.test(url)) return nextLoad(url, context);
    return { format: 'module', shortCircuit: true, source };
  },
});
