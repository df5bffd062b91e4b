// A setup file of vitest: tells of each test which probes (`probes.ts`) it has passed.
import { afterEach, beforeEach } from 'vitest';

declare module 'vitest' {
  interface TaskMeta {
    /** Names of mutants. */
    seen?: string[];
    /** Those passed before any test of the file or between two of them, thus of all its tests. */
    seenByAll?: string[];
  }
}

const seen = new Set<string>();
Reflect.set(globalThis, 'seenMutants', seen);
const seenByAll: string[] = [];

function taken(): string[] {
  const names = [...seen];
  seen.clear();
  return names;
}

beforeEach(({ task }) => {
  seenByAll.push(...taken());
  task.meta.seenByAll = seenByAll;
});

afterEach(({ task }) => {
  task.meta.seen = taken();
});
