// The whole suite on other versions of Node, each with Express 5, with Express 4, in front of
// Express, and what takes long. They are fetched by npx, not installed.
//
//   npm run test:versions               on 22, 24 and 26
//   npm run test:versions -- 26 20.19
//   npm run test:versions -- 26 express4      with Express 4 only
//   npm run test:versions -- 26 express5 spec/http    only these specs
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PROJECTS = ['express5', 'express4', 'listener', 'long', 'waiting'];
const asked = process.argv.slice(2);
const among = (all, wanted) => (wanted.length > 0 ? wanted : all);
const projects = among(
  PROJECTS,
  asked.filter((word) => PROJECTS.includes(word)),
);
const files = asked.filter((word) => word.startsWith('spec/'));
const versions = among(
  ['22', '24', '26'],
  asked.filter((word) => !PROJECTS.includes(word) && !files.includes(word)),
);
const reports = mkdtempSync(join(tmpdir(), 'versions-'));
const rows = [];

for (const version of versions) {
  const node = `node@${version}`;
  const { stdout } = spawnSync('npx', ['-y', '-p', node, 'node', '--version'], {
    encoding: 'utf8',
  });
  for (const project of projects)
    rows.push({ node: stdout.trim(), project, ...suite(node, project) });
}
rmSync(reports, { recursive: true });

console.table(rows);
const total = (key) => rows.reduce((sum, row) => sum + row[key], 0);
process.exitCode = total('failed') > 0 ? 1 : 0;
console.log(`${total('passed')} passed, ${total('failed')} failed`);

function suite(node, project) {
  const report = join(reports, `${node}-${project}.json`);
  // With the specs that need modules of their own, and those that start programs.
  const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--project', `*${project}*`, ...files];
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const { status } = spawnSync('npx', ['-y', '-p', node, 'node', ...vitest, ...reporters], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const { passed, failed } = counts(report);
  // A file that does not load, or an error outside the tests, fails the run without failing a test.
  return { passed, failed: status !== 0 && failed === 0 ? 1 : failed };
}

function counts(report) {
  try {
    const { numPassedTests, numFailedTests } = JSON.parse(readFileSync(report, 'utf8'));
    return { passed: numPassedTests, failed: numFailedTests };
  } catch {
    return { passed: 0, failed: 1 };
  }
}
