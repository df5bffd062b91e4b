/** What the programs need of an SDK's client; those of all versions have it. */
export interface SdkClient {
  connect(transport: never, options?: { timeout: number }): Promise<void>;
  listTools(): Promise<{ tools: { name: string }[] }>;
  callTool(params: ToolCall, ...rest: never[]): Promise<unknown>;
  close(): Promise<void>;
  fallbackNotificationHandler?: ((notification: Notification) => Promise<void>) | undefined;
  onerror?: ((error: Error) => void) | undefined;
}

interface ToolCall {
  name: string;
  arguments: Record<string, unknown>;
}

interface Notification {
  method: string;
  params?: Record<string, unknown> | undefined;
}

export interface SdkClientOptions {
  /** Gets `data` of every notification. */
  readonly onNotification: (data: unknown) => void;
  readonly onError?: (error: Error) => void;
  readonly timeoutMs?: number;
}

/** Connects a client of an SDK over a transport of the same SDK. */
export async function connectSdkClient(
  client: SdkClient,
  transport: unknown,
  { onNotification, onError = () => undefined, timeoutMs = 60_000 }: SdkClientOptions,
): Promise<void> {
  client.fallbackNotificationHandler = async ({ params }) => {
    onNotification(params?.data);
  };
  client.onerror = onError;
  try {
    await client.connect(transport as never, { timeout: timeoutMs });
  } catch (error) {
    // It would go on to ask for a stream.
    await client.close();
    throw error;
  }
}
