import { createHook } from 'node:async_hooks';

import { onTestFinished } from 'vitest';

/** Watches timers, unref'd ones included, until the test ends. @returns where the open ones began */
export function watchTimers(): () => string[] {
  const open = new Map<number, string>();
  const hook = createHook({
    init(id, type) {
      if (type !== 'Timeout') return;
      const stack = new Error().stack?.split('\n').slice(2) ?? [];
      // Who has set it, and not for whom a client has set one of its own.
      const setter = stack.find((line) => !line.includes('node:')) ?? '';
      if (/\/lib\/(redis|nats|cluster)\//.test(setter)) open.set(id, stack.join('\n'));
    },
    destroy(id) {
      open.delete(id);
    },
  }).enable();
  onTestFinished(() => {
    hook.disable();
  });
  return () => [...open.values()];
}
