// ESLint 9 reads .eslintrc.cjs only when asked to, and its command line asks through an
// environment variable, which no npm script sets on every platform. So: its API.
import { loadESLint } from 'eslint';

const ESLint = await loadESLint({ useFlatConfig: false });
const eslint = new ESLint({
  extensions: ['.ts', '.js', '.mjs', '.cjs'],
  fix: process.argv.includes('--fix'),
});
const results = await eslint.lintFiles('.');
await ESLint.outputFixes(results);

const formatter = await eslint.loadFormatter('stylish');
process.stdout.write(await formatter.format(results));
if (results.some(({ errorCount, warningCount }) => errorCount + warningCount > 0)) {
  process.exitCode = 1;
}
