// Installs older versions of the MCP SDK below .tmp/clients, for spec/resume/old-clients.spec.ts:
// what is promised to clients that are in use should be shown with them.
import { execSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const place = fileURLToPath(new URL('../.tmp/clients/', import.meta.url));
const versions = { 1.12: '1.12.3', 1.13: '1.13.3', 1.24: '1.24.3' };
const dependencies = Object.fromEntries(
  Object.entries(versions).map(([name, version]) => [
    `sdk-${name}`,
    `npm:@modelcontextprotocol/sdk@${version}`,
  ]),
);

mkdirSync(place, { recursive: true });
writeFileSync(`${place}package.json`, JSON.stringify({ private: true, dependencies }, null, 2));
execSync('npm install --no-audit --no-fund', { cwd: place, stdio: 'inherit' });
