// The versions of the clients, all of them pinned; npm installs them into folders below .tmp/.
import { install } from '../../scripts/install.js';

export const SDKS = { '1.8': '1.8.0', '1.13': '1.13.3', '1.24': '1.24.3', latest: '1.32.2' };
export const SDK_V2 = '2.4.0';
export const SOURCES = { 3: '3.0.7', 4: '4.1.1', 5: '5.1.5' };
export const AI_SDK = '2.0.99';
export const LANGCHAIN = '1.1.4';
export const INSPECTOR = '2.12.0';
export const MCP_REMOTE = '0.15.1';
export const MCP_PROXY = '6.7.19';
export const SUPERGATEWAY = '4.0.0';
export const MCPORTER = '0.12.3';

/** Version 1 under the names of `SDKS` behind `sdk-`, and version 2. */
export const installSdks = (): Promise<string> =>
  install('clients-sdk', {
    ...aliases('sdk', '@modelcontextprotocol/sdk', SDKS),
    '@modelcontextprotocol/client': SDK_V2,
  });

export const installEventSources = (): Promise<string> =>
  install('clients-eventsource', aliases('eventsource', 'eventsource', SOURCES));

export const installLibraries = (): Promise<string> =>
  install('clients-libraries', {
    '@ai-sdk/mcp': AI_SDK,
    '@langchain/mcp-adapters': LANGCHAIN,
    '@langchain/core': '1.4.0',
  });

export const installInspector = (): Promise<string> =>
  install('clients-inspector', { '@modelcontextprotocol/inspector': INSPECTOR });

export const installPrograms = (): Promise<string> =>
  install('clients-programs', {
    'mcp-remote': MCP_REMOTE,
    'mcp-proxy': MCP_PROXY,
    supergateway: SUPERGATEWAY,
    mcporter: MCPORTER,
  });

/** Several versions of one package, as npm installs them beside each other. */
function aliases(prefix: string, name: string, versions: object): Record<string, string> {
  return Object.fromEntries(
    Object.entries(versions).map(([key, version]) => [
      `${prefix}-${key}`,
      `npm:${name}@${String(version)}`,
    ]),
  );
}
