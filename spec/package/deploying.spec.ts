import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { parseAllDocuments } from 'yaml';

import { eventually } from '../support/eventually.js';
import { lastingPort } from '../support/lasting-port.js';
import { ScriptProcess } from '../support/script-process.js';
import { ROOT, snippets } from '../support/snippets.js';
import { StreamClient } from '../support/stream-client.js';

const PAGE = 'docs/deploying.md';
/** What the page's manifests have, as far as it is looked at. */
interface Manifest {
  readonly spec: {
    readonly selector: { readonly matchLabels: unknown };
    readonly ports: readonly { readonly targetPort: number }[];
    readonly template: {
      readonly metadata: { readonly labels: unknown };
      readonly spec: {
        readonly terminationGracePeriodSeconds: number;
        readonly containers: readonly Container[];
      };
    };
  };
}

interface Container {
  readonly ports: readonly { readonly containerPort: number }[];
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly readinessProbe: Probe;
  readonly livenessProbe: Probe;
  readonly lifecycle: { readonly preStop: { readonly sleep: { readonly seconds: number } } };
}

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: number };
  readonly periodSeconds: number;
  readonly failureThreshold: number;
}

const SLOW = { timeout: 180_000 };
const shell = snippets().filter(({ language }) => ['sh', 'bash', 'shell'].includes(language));

let folder = '';
beforeAll(async () => {
  await mkdir(`${ROOT}.tmp`, { recursive: true });
  folder = await mkdtemp(`${ROOT}.tmp/deploying-`);
});
afterAll(() => rm(folder, { recursive: true }));

function blockOf(language: string): string {
  const found = snippets().find(
    (block) => block.place.startsWith(PAGE) && block.language === language,
  );
  expect(found, language).toBeDefined();
  return found!.code;
}

/** The server of the page, listening. */
async function start(): Promise<{ script: ScriptProcess; url: string }> {
  const port = await lastingPort();
  const file = `${folder}/server-${port}.ts`;
  await writeFile(file, `// @ts-nocheck\n${blockOf('js')}`);
  const script = new ScriptProcess(file, port, { LEAVE_MS: '5000' });
  onTestFinished(async () => {
    script.kill('SIGKILL');
    await script.ended;
  });
  await eventually(() => script.stdout.includes('ready') || !script.running, 'the start', 60_000);
  expect(script.stderr).toBe('');
  return { script, url: `http://127.0.0.1:${port}` };
}

const statusOf = async (url: string): Promise<number> => (await fetch(url)).status;

describe('the server of the deployment page', () => {
  it('reports not ready before its streams end, and exits by itself', SLOW, async () => {
    const { script, url } = await start();
    const client = await StreamClient.open(`${url}/sse`);
    expect(await statusOf(`${url}/ready`)).toBe(200);
    script.kill('SIGTERM');
    // Within the deadline of the test.
    while ((await statusOf(`${url}/ready`)) !== 503) await wait(20);
    expect(await statusOf(`${url}/live`)).toBe(200);
    expect((await client.request('ping')).result).toEqual({});
    expect(await script.ended).toEqual({ code: 0, signal: null });
    await client.end();
  });

  it('answers the probes of Kubernetes, and gets enough time to drain', SLOW, async () => {
    const [deployment, service] = parseAllDocuments(blockOf('yaml')).map((document) => {
      if ('errors' in document) expect(document.errors).toEqual([]);
      return document.toJS() as Manifest;
    });
    const { template, selector } = deployment!.spec;
    const container = template.spec.containers[0]!;
    const { url } = await start();
    for (const probe of [container.readinessProbe, container.livenessProbe])
      expect(await statusOf(url + probe.httpGet.path)).toBe(200);
    expect(container.readinessProbe.httpGet.port).toBe(container.ports[0]!.containerPort);
    expect(service!.spec.ports[0]!.targetPort).toBe(container.ports[0]!.containerPort);
    expect(template.metadata.labels).toEqual(selector.matchLabels);
    expect(service!.spec.selector).toEqual(selector.matchLabels);

    const [, closeMs] = /timeoutMs: ([\d_]+)/.exec(blockOf('js'))!;
    const leaveMs = Number(container.env.find(({ name }) => name === 'LEAVE_MS')!.value);
    const needed =
      container.lifecycle.preStop.sleep.seconds * 1_000 +
      leaveMs +
      Number(closeMs!.replaceAll('_', ''));
    expect(template.spec.terminationGracePeriodSeconds * 1_000).toBeGreaterThan(needed);
    // The balancer has asked before the drain begins.
    const { periodSeconds, failureThreshold } = container.readinessProbe;
    expect(leaveMs).toBeGreaterThan(periodSeconds * failureThreshold * 1_000);
  });
});

it('the Dockerfile starts Node directly, as an ordinary user, with the copied files', () => {
  const lines = blockOf('dockerfile').split('\n');
  const known = /^(FROM|ENV|WORKDIR|COPY|RUN|USER|EXPOSE|CMD) \S/;
  expect(lines.filter((line) => !known.test(line))).toEqual([]);
  const argumentOf = (word: string): string[] =>
    lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1));
  const copied = argumentOf('COPY').flatMap((list) => list.split(' ').slice(0, -1));
  const [command] = argumentOf('CMD').map((line) => JSON.parse(line) as string[]);
  expect(command).toEqual(['node', 'server.mjs']);
  expect(copied).toEqual(['package.json', 'package-lock.json', 'server.mjs']);
  expect(argumentOf('USER')).toEqual(['node']);
  // What changes most comes last: the layers before it are kept.
  expect(lines.findIndex((line) => line.startsWith('RUN npm ci'))).toBeLessThan(
    lines.findIndex((line) => line.includes('COPY server.mjs')),
  );
  expect(argumentOf('EXPOSE')).toEqual(['3000']);
});

it.each(shell.map(({ place, code }) => [place, code]))('%s is a shell script', (_, code) => {
  execFileSync('bash', ['-n'], { input: code });
});
