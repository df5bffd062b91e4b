// Reads a JSON report of vitest. Prints "passed failed skipped", then a line for each test that has
// failed and each file that did not load.
import { readFileSync } from 'node:fs';

const report = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = report;
console.log(numPassedTests, numFailedTests, numPendingTests + numTodoTests);

for (const { name, message, assertionResults } of report.testResults) {
  const say = (...texts) => console.log(`${name}: ${texts.join(': ').slice(0, 500)}`);
  if (message) say(message);
  for (const { status, fullName, failureMessages } of assertionResults) {
    if (status === 'failed') say(fullName, ...failureMessages);
  }
}
