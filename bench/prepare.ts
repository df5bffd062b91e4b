/** Gets what the subjects run on. */
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mcpGoProgram, mcpGoSources, root } from './paths.js';
import { neededProgram, type SubjectName } from './subjects/index.js';

const major = 24;

/** Why a run on this version, as `process.version` writes it, is not judged, or undefined. */
export function notJudged(version: string): string | undefined {
  if (version.startsWith(`v${major}.`)) return undefined;
  return `The targets are for Node ${major}, not for ${version}.`;
}

/** Returns the subjects that this machine cannot run, each with the reason. */
export function prepare(
  names: ReadonlySet<SubjectName>,
  sockets: number,
): Map<SubjectName, string> {
  // Node raises the soft limit to the hard one as it starts: only the hard one counts.
  const enough = `limit=$(ulimit -Hn); [ $limit = unlimited ] || [ $limit -ge ${sockets} ]`;
  if (!succeeds('.', 'sh', '-c', enough)) throw new Error(`allow ${sockets} files: ulimit -n`);
  const missing = new Map<SubjectName, string>();
  for (const name of names) {
    const program = neededProgram(name);
    if (program === undefined || succeeds('.', 'sh', '-c', `command -v ${program}`)) continue;
    missing.set(name, `no ${program} here`);
  }
  if (names.has('mcp-go') && !missing.has('mcp-go')) {
    mkdirSync(dirname(mcpGoProgram), { recursive: true });
    if (!succeeds(mcpGoSources, 'go', 'build', '-o', mcpGoProgram, '.')) {
      missing.set('mcp-go', 'go build fails here');
    }
  }
  if ([...names].some((name) => name.startsWith('ours'))) {
    execFileSync('npm', ['run', 'build'], { cwd: fileURLToPath(root), stdio: 'inherit' });
  }
  return missing;
}

function succeeds(cwd: string, command: string, ...args: string[]): boolean {
  try {
    execFileSync(command, args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] });
    return true;
  } catch {
    return false;
  }
}
