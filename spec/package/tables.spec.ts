import { readdirSync } from 'node:fs';

import { expect, it } from 'vitest';

import { McpSseError, type McpSseErrorCode } from '../../lib/errors.js';
import { sendError } from '../../lib/http/error-response.js';
import { parseOptions } from '../../lib/options/settings.js';
import { readText, ROOT } from '../support/snippets.js';
import { Checked } from '../support/type-check.js';

/** Rooms beside the house, which the page does not go into. */
const ANNEX = /^(adapter|bridge|cli|redis|nats|client|testing|dashboard|otel)\//;
/** For what starts the TypeScript compiler. */
const SLOW = { timeout: 60_000 };
const REFERENCE = readText('docs/reference.md');
const codes = (text: string): string[] => [...text.matchAll(/`([^`]+)`/g)].map(([, code]) => code!);

/** The rows of the table below a heading, each as its cells. */
function rowsBelow(heading: string): string[][] {
  const section = REFERENCE.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  return section
    .split('\n')
    .filter((line) => /^\| [`a]/.test(line))
    .map((line) =>
      line
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

/** The members of a union type of the package. */
function membersOf(type: string): string[] {
  checked ??= new Checked({ 'all.ts': ALL });
  return checked.literalsOf('all.ts', type).sort();
}
let checked: Checked | undefined;
/** `notify` is a verb of Express's router, too. */
const ALL = `
import type { Router } from 'express';
import type { McpSseHooks, McpSseRouter, Session } from 'express-mcp-sse';

export * from 'express-mcp-sse';
export type HookName = keyof McpSseHooks;
export type SessionMember = keyof Session;
export type RouterMember = Exclude<keyof McpSseRouter, Exclude<keyof Router, 'notify'>>;
`;

it('the reference names every option, with the default that it has', () => {
  const { paths, keepAlive, limits, resume, security, usage, ...single } = parseOptions({});
  const groups = {
    paths,
    keepAlive: keepAlive || {},
    limits,
    resume: resume || {},
    security,
    usage: usage || {},
  };
  const grouped = Object.entries(groups).flatMap(([group, members]) =>
    Object.entries(members).map(([name, value]) => [`${group}.${name}`, value] as const),
  );
  const names = [
    'server',
    'handler',
    'adapter',
    'streamableHttp',
    'events',
    'adopt',
    'security.allowedHosts',
    'keepAlive',
    'resume',
    'resume.key',
    'resume.save',
    'resume.restore',
    'usage',
    'sunset',
    ...Object.keys(single),
  ];
  const rows = new Map(rowsBelow('Options').map(([name, value]) => [codes(name!)[0], value!]));
  expect([...rows.keys()].sort()).toEqual(
    [...new Set([...names, ...grouped.map(([name]) => name)])].sort(),
  );
  for (const [name, value] of grouped) {
    // It depends on the machine.
    if (name === 'limits.maxTotalBytes') continue;
    if (typeof value === 'number') expect(rows.get(name), name).toBe(inWords(value));
    else if (typeof value === 'string') expect(rows.get(name), name).toBe(`\`'${value}'\``);
    else if (typeof value === 'boolean') expect(rows.get(name), name).toBe(`\`${value}\``);
  }
});

it('the reference has every error code, with its status and JSON-RPC code', SLOW, () => {
  const rows = rowsBelow('Errors');
  expect(rows.flatMap(([names]) => codes(names!)).sort()).toEqual(membersOf('McpSseErrorCode'));
  for (const [name, status, rpcCode] of rows.filter((cells) => cells.length === 4)) {
    expect(answerTo(codes(name!)[0] as McpSseErrorCode), name).toEqual([status, rpcCode]);
  }
});

it('the reference has every close reason', SLOW, () => {
  const rows = rowsBelow('Close reasons').flatMap(([name]) => codes(name!));
  expect(rows.sort()).toEqual(membersOf('CloseReason'));
});

it.each([
  ['Hooks', 'HookName'],
  ['Sessions', 'SessionMember'],
  ['The router', 'RouterMember'],
])('the reference has every member: %s', SLOW, (heading, type) => {
  const rows = rowsBelow(heading).flatMap(([names]) => codes(names!));
  const members = rows.map((code) => /^\w+/.exec(code)?.[0]);
  expect(members.sort()).toEqual(membersOf(type));
});

it('the architecture page has every file of lib, with the sentence that it begins with', () => {
  const [tree = ''] = /^lib\/\n[\s\S]*?^```/m.exec(readText('docs/architecture.md')) ?? [];
  const rooms: string[] = [];
  const listed = tree.split('\n').flatMap((line) => {
    const [, indent = '', name = '', sentence = ''] = /^( +)([\w./-]+) *(.*)$/.exec(line) ?? [];
    if (name === '') return [];
    rooms.length = indent.length / 2 - 1;
    if (name.endsWith('/')) rooms.push(name);
    return name.endsWith('.ts') ? [`${rooms.join('')}${name}: ${sentence}`] : [];
  });
  const files = readdirSync(`${ROOT}lib`, { recursive: true, encoding: 'utf8' });
  const onFloors = files.filter((file) => file.endsWith('.ts') && !ANNEX.test(file));
  const described = onFloors.map((file) => {
    const [first = ''] = readText(`lib/${file}`).split('\n');
    return `${file}: ${first.replace(/^\/\/ /, '')}`;
  });
  expect(listed.sort()).toEqual(described.sort());
});

function inWords(value: number): string {
  const MiB = 1024 * 1024;
  return value % MiB === 0 ? `${value / MiB} MiB` : value.toLocaleString('en');
}

/** Status and JSON-RPC code with which the package refuses. */
function answerTo(code: McpSseErrorCode): [string, string] {
  const sent = { status: 0, body: '' };
  const response = {
    writeHead: (status: number) => (sent.status = status),
    end: (body: string) => (sent.body = body),
  };
  sendError(response as never, new McpSseError(code, 'refused'));
  return [String(sent.status), String(JSON.parse(sent.body).error.code)];
}
