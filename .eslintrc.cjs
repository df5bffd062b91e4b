const { readdirSync } = require('node:fs');
const { join } = require('node:path');

// Ground floor first. A room imports from its own floor or a lower one.
const floors = [
  'util',
  'errors.ts',
  'wire',
  'stream',
  'session',
  'cluster',
  'options',
  'http',
  'mcp-sse.ts',
  'index.ts',
];
// An annex sees ports and public names; nobody sees an annex.
const annexes = ['adapter', 'redis', 'nats', 'client', 'testing', 'dashboard', 'bridge', 'otel'];
// A program sees everything; nobody sees a program.
const programs = ['cli'];
const seenByAnnexes = ['errors.ts', 'util', 'wire/sse-parser.ts', 'cluster/adapter', 'index.ts'];

const inLib = (room) => `./lib/${room}`;

// A room that is on neither list would escape every rule below.
const unplaced = readdirSync(join(__dirname, 'lib')).filter(
  (room) => ![...floors, ...annexes, ...programs].includes(room),
);
if (unplaced.length > 0) throw new Error(`give lib/${unplaced[0]} a floor in .eslintrc.cjs`);

const zones = [
  ...floors.slice(0, -1).map((floor, level) => ({
    target: inLib(floor),
    from: floors.slice(level + 1).map(inLib),
    message: `${floor} may import only from its own floor or a lower one.`,
  })),
  {
    target: floors.map(inLib),
    from: annexes.map(inLib),
    message: 'Nobody imports an annex.',
  },
  {
    target: [...floors, ...annexes].map(inLib),
    from: programs.map(inLib),
    message: 'Nobody imports a program.',
  },
  ...annexes.map((annex) => ({
    target: inLib(annex),
    from: './lib',
    except: [annex, ...seenByAnnexes].map((room) => `./${room}`),
    message: `An annex may import only ${seenByAnnexes.join(', ')}.`,
  })),
];

const count = { skipBlankLines: true, skipComments: true };

module.exports = {
  root: true,
  ignorePatterns: ['dist', 'coverage', '.tmp'],
  env: { node: true, es2023: true },
  parserOptions: { ecmaVersion: 'latest', sourceType: 'module' },
  reportUnusedDisableDirectives: true,
  extends: ['eslint:recommended', 'plugin:import-x/recommended', 'plugin:import-x/typescript'],
  settings: { 'import-x/resolver': { typescript: { project: join(__dirname, 'tsconfig.json') } } },
  rules: {
    eqeqeq: ['error', 'always', { null: 'ignore' }],
    'max-lines': ['error', { max: 250, ...count }],
    'max-lines-per-function': ['error', { max: 60, ...count }],
    'import-x/no-duplicates': ['error', { 'prefer-inline': true }],
    // Its exports name type files that do not exist; the compiler finds the real ones.
    'import-x/no-unresolved': ['error', { ignore: ['^@modelcontextprotocol/sdk/'] }],
    // The compiler checks these, and dependency-cruiser looks for circles, each in a tenth of the time.
    'import-x/default': 'off',
    'import-x/namespace': 'off',
    // These two warn about `express.Router` and the like, which is how express is used.
    'import-x/no-named-as-default': 'off',
    'import-x/no-named-as-default-member': 'off',
  },
  overrides: [
    {
      files: ['*.ts'],
      parser: '@typescript-eslint/parser',
      parserOptions: { projectService: true, tsconfigRootDir: __dirname },
      extends: [
        'plugin:@typescript-eslint/strict-type-checked',
        'plugin:@typescript-eslint/stylistic-type-checked',
      ],
      rules: {
        '@typescript-eslint/ban-ts-comment': 'error',
        // It wants the type arguments where isolatedDeclarations does not see them.
        '@typescript-eslint/consistent-generic-constructors': 'off',
        '@typescript-eslint/consistent-type-imports': [
          'error',
          { fixStyle: 'inline-type-imports' },
        ],
        '@typescript-eslint/no-confusing-void-expression': [
          'error',
          { ignoreArrowShorthand: true },
        ],
        '@typescript-eslint/no-explicit-any': 'error',
        // `import { type X }` would still load the module at run time.
        '@typescript-eslint/no-import-type-side-effects': 'error',
        // A hook may return a value or nothing: `State | void` says so.
        '@typescript-eslint/no-invalid-void-type': 'off',
        '@typescript-eslint/no-unnecessary-condition': [
          'error',
          { allowConstantLoopConditions: 'only-allowed-literals' },
        ],
        '@typescript-eslint/no-unused-vars': [
          'error',
          { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrorsIgnorePattern: '^_' },
        ],
        // `async` without `await` turns a throw into a rejection, which is often the point.
        '@typescript-eslint/require-await': 'off',
        '@typescript-eslint/restrict-template-expressions': [
          'error',
          { allowNumber: true, allowBoolean: true },
        ],
      },
    },
    {
      files: ['lib/**/*.ts'],
      rules: {
        'no-console': 'error',
        'import-x/no-extraneous-dependencies': ['error', { devDependencies: false }],
        'import-x/no-restricted-paths': ['error', { basePath: __dirname, zones }],
        // Tests of applications replace the global ones.
        'no-restricted-globals': [
          'error',
          ...['setTimeout', 'setInterval', 'setImmediate', 'clearTimeout', 'clearInterval'],
          ...['performance', 'queueMicrotask'],
        ].map((name) =>
          name === 'error' ? name : { name, message: 'Import it from util/timers.ts.' },
        ),
        '@typescript-eslint/no-restricted-imports': [
          'error',
          {
            paths: [
              {
                name: 'express',
                allowTypeImports: true,
                message: 'Only lib/http/router.ts imports express.',
              },
            ],
          },
        ],
      },
    },
    {
      // Where the application listens to nothing, this is what speaks.
      files: ['lib/session/events/error-log.ts'],
      rules: { 'no-console': 'off' },
    },
    {
      // What waits for a driver, a test or a page goes by their clock.
      files: ['redis', 'nats', 'testing', 'dashboard'].map((annex) => `lib/${annex}/**/*.ts`),
      rules: { 'no-restricted-globals': 'off' },
    },
    {
      files: ['lib/http/router.ts', 'lib/cli/**/*.ts'],
      rules: { '@typescript-eslint/no-restricted-imports': 'off' },
    },
    {
      files: ['**/page/*.js'],
      env: { browser: true, node: false },
      rules: {
        'no-var': 'error',
        'prefer-const': 'error',
        'no-restricted-syntax': [
          'error',
          {
            selector: 'MemberExpression[property.name=/^(inner|outer)HTML$|^insertAdjacentHTML$/]',
            message: 'What clients call themselves is text: use textContent.',
          },
        ],
      },
    },
    {
      // Scripts that follow each other on one page: what one declares, the next one uses. The
      // compiler knows all of them (spec/dashboard/page-types.spec.ts).
      files: ['lib/dashboard/page/*.js'],
      parserOptions: { sourceType: 'script' },
      rules: { 'no-undef': 'off', 'no-unused-vars': ['error', { vars: 'local' }] },
    },
    {
      // What they import is installed elsewhere, by the command that runs them.
      files: ['spec/world/programs/**'],
      rules: { 'import-x/no-unresolved': 'off' },
    },
    {
      files: ['spec/**/*.ts', 'examples/**/*.ts', 'bench/**/*.ts', 'scripts/pictures.ts'],
      rules: {
        // What is deprecated elsewhere, the SDK's SSE classes first of all, is what this serves.
        '@typescript-eslint/no-deprecated': 'off',
        'import-x/no-deprecated': 'off',
      },
    },
    {
      files: ['spec/**/*.ts'],
      rules: {
        'max-lines-per-function': 'off',
        '@typescript-eslint/no-empty-function': 'off',
        '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: false }],
        '@typescript-eslint/no-non-null-assertion': 'off',
        // Parsed JSON and a response's body are `any`; the assertions are what checks them.
        '@typescript-eslint/no-unsafe-argument': 'off',
        '@typescript-eslint/no-unsafe-assignment': 'off',
        '@typescript-eslint/no-unsafe-call': 'off',
        '@typescript-eslint/no-unsafe-member-access': 'off',
        '@typescript-eslint/no-unsafe-return': 'off',
        '@typescript-eslint/unbound-method': 'off',
      },
    },
  ],
};
