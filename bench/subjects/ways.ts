/** The routers of the subject that has three in one process. */
export const ways = ['alone', 'untracked', 'tracked'] as const;

export type Way = (typeof ways)[number];
