import type { ConnectedClient } from './steps.js';
import { load } from './load.js';

interface AiSdk {
  createMCPClient(config: object): Promise<{
    tools(): Promise<Record<string, { execute(input: object, options: object): Promise<unknown> }>>;
    close(): Promise<void>;
  }>;
}

/** `@ai-sdk/mcp`. It passes no notifications on, and reports no progress. */
export async function connectAiSdk(place: string, url: string): Promise<ConnectedClient> {
  const { createMCPClient } = await load<AiSdk>(place, '@ai-sdk/mcp');
  const client = await createMCPClient({
    transport: { type: 'sse', url },
    onUncaughtError: () => undefined,
  });
  return {
    notifications: [],
    tools: async () => Object.keys(await client.tools()),
    async call(name) {
      const tools = await client.tools();
      return JSON.stringify(await tools[name]?.execute({}, { toolCallId: '1', messages: [] }));
    },
    close: () => client.close(),
  };
}

interface LangChain {
  MultiServerMCPClient: new (config: object) => {
    getTools(): Promise<{ name: string; invoke(input: object): Promise<unknown> }[]>;
    close(): Promise<void>;
  };
}

/** `@langchain/mcp-adapters`. */
export async function connectLangChain(place: string, url: string): Promise<ConnectedClient> {
  const { MultiServerMCPClient } = await load<LangChain>(place, '@langchain/mcp-adapters');
  const notifications: number[] = [];
  let report: ((progress: number) => void) | undefined;
  const client = new MultiServerMCPClient({
    mcpServers: { host: { transport: 'sse', url } },
    onMessage: ({ data }: { data: unknown }) => notifications.push(Number(data)),
    onProgress: ({ progress }: { progress: number }) => report?.(progress),
  });
  await client.getTools();
  return {
    notifications,
    tools: async () => (await client.getTools()).map(({ name }) => name),
    async call(name, onProgress) {
      report = onProgress;
      const tool = (await client.getTools()).find((each) => each.name === name);
      return JSON.stringify(await tool?.invoke({}));
    },
    close: () => client.close(),
  };
}
