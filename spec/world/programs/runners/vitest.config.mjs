// Its own, so that no configuration further up is found.
export default { test: { include: ['programs/runners/vitest.test.mjs'] } };
