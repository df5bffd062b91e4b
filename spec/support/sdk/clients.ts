/** What the specs do with a client, whichever SDK it comes from. */
export interface SdkClient {
  /** What the server logged. */
  readonly logs: unknown[];
  /** How often the server said that its tools have changed. */
  readonly listChanges: number;
  readonly serverName: string | undefined;
  listTools(): Promise<string[]>;
  /** Calls a tool and returns its text. */
  call(tool: string, args?: Record<string, unknown>, options?: CallOptions): Promise<string>;
  close(): Promise<void>;
}

export interface CallOptions {
  signal?: AbortSignal;
  onprogress?: (progress: { progress: number; total?: number | undefined }) => void;
}

/** Connects to the stream at `url`; every request carries `headers`. Closed with the test. */
export type ConnectClient = (url: string, headers?: Record<string, string>) => Promise<SdkClient>;

export const IDENTITY = { name: 'spec', version: '1.0.0' };
export const CAPABILITIES = { sampling: {}, elicitation: {}, roots: { listChanged: true } };

/** What every client of the specs answers when the server asks it. */
export const ANSWERS = {
  sampling: {
    model: 'none',
    role: 'assistant' as const,
    content: { type: 'text' as const, text: 'something' },
  },
  elicitation: { action: 'accept' as const, content: { name: 'Ann' } },
  roots: { roots: [{ uri: 'file:///home', name: 'home' }] },
};

export function textOf(result: unknown): string {
  return (result as { content: { text: string }[] }).content[0]?.text ?? '';
}
