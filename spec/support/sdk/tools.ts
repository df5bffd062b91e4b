/** What one tool call can do, whichever SDK runs it. */
export interface ToolContext {
  readonly signal: AbortSignal;
  /** A header of the POST that carried the call. */
  header(name: string): string | undefined;
  /** Who that POST was authenticated for. */
  readonly user: unknown;
  progress(progress: number, total: number): Promise<void>;
  log(text: string): Promise<void>;
  sample(prompt: string): Promise<unknown>;
  elicit(question: string): Promise<unknown>;
  roots(): Promise<unknown>;
  /** Adds a tool, which the client is to be told of. */
  addTool(name: string): void;
}

/** What happens on the server's side. */
export interface Journal {
  cancelled: number;
  closed: number;
  waiting: number;
}

export const newJournal = (): Journal => ({ cancelled: 0, closed: 0, waiting: 0 });

export interface ToolArguments {
  name?: string | undefined;
  to?: number | undefined;
}

export const TOOL_NAMES = ['greet', 'count', 'ask', 'wait', 'whoami', 'grow'] as const;
export type ToolName = (typeof TOOL_NAMES)[number];

/** The tools that every server of the specs has; each returns text. */
export async function runTool(
  tool: ToolName,
  { name = 'nobody', to = 0 }: ToolArguments,
  context: ToolContext,
  journal: Journal,
): Promise<string> {
  switch (tool) {
    case 'greet':
      return `Hello, ${name}`;
    case 'count':
      for (let n = 1; n <= to; n += 1) await context.progress(n, to);
      await context.log(`counted to ${to}`);
      // The clients of the SDKs forget the progress that they read together with the result: a
      // question in between makes two reads of it.
      await context.roots();
      return String(to);
    case 'ask':
      return JSON.stringify([
        await context.sample('Say something.'),
        await context.elicit('Your name?'),
        await context.roots(),
      ]);
    case 'wait':
      journal.waiting += 1;
      await new Promise((resolve) => {
        context.signal.addEventListener('abort', resolve);
      });
      journal.cancelled += 1;
      return 'nobody hears this';
    case 'whoami':
      return JSON.stringify({ header: context.header('x-call'), user: context.user });
    case 'grow':
      context.addTool(name);
      return `${name} has grown`;
  }
}
