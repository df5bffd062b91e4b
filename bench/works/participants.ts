import { subjectNames, type SubjectName } from '../subjects/index.js';

/** All. */
export const pushing: readonly SubjectName[] = subjectNames;

/** Those that take messages. */
export const callable = subjectNames.filter((name) => name !== 'better-sse');
