/** The servers behind the subjects: each does nothing but answer the one tool, echo. */

/** What the generator sends, as far as the hand-written servers look at it. */
export interface ClientMessage {
  readonly id?: string | number | null | undefined;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>> | undefined;
}

/** The result that the SDKs' servers give. */
export function echoResult(message: ClientMessage): object {
  if (message.method === 'tools/call') {
    const { text } = message.params?.arguments as { text: string };
    return { content: [{ type: 'text', text }] };
  }
  if (message.method === 'initialize') {
    return {
      protocolVersion: '2024-11-05',
      capabilities: { tools: { listChanged: true } },
      serverInfo: { name: 'echo', version: '1.0.0' },
    };
  }
  throw new Error(`not a method of this server: ${message.method ?? 'none'}`);
}
