// What the floors of .eslintrc.cjs do not see: circles; in lib those of types, too.
module.exports = {
  forbidden: [
    { name: 'no-circles', severity: 'error', from: { path: '^lib/' }, to: { circular: true } },
    {
      name: 'no-circles-when-run',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { extensions: ['.ts', '.js'] },
  },
};
