import type { Mutant } from './mutant.js';

const diagnostics = 'session/events/diagnostics.ts';
const admission = 'dashboard/access.ts';
const board = 'dashboard/live-feed.ts';
const page = 'dashboard/dashboard.ts';
const roster = 'dashboard/session-table.ts';
const viewer = 'dashboard/viewer.ts';
const script = 'dashboard/script.ts';

const channels = 'session/events/diagnostics.spec.ts';
const log = 'session/events/debug-log.spec.ts';
const closing = 'dashboard/closing.spec.ts';
const sessions = 'dashboard/sessions.spec.ts';
const viewers = 'dashboard/viewers.spec.ts';
const pages = 'dashboard/page.spec.ts';

export const watchingMutants: readonly Mutant[] = [
  {
    name: 'watching: a channel tells what a message says',
    file: diagnostics,
    find: 'return { session, kind: kindOf(message), method, idType: typeOf(id), bytes };',
    replace:
      'return { ...message, session, kind: kindOf(message), method, idType: typeOf(id), bytes };',
    specs: [channels],
  },
  {
    name: 'watching: a stall is always told as drained',
    file: diagnostics,
    find: 'drained: !closed',
    replace: 'drained: !!session',
    specs: [channels],
  },
  {
    name: 'watching: the log has the text of what was thrown',
    file: diagnostics,
    find: '`${code}, caused by ${nameOf(cause)}`',
    replace: '`${code}: ${message}`',
    specs: [log],
  },
  {
    name: 'watching: the log has whole session ids',
    file: diagnostics,
    find: 'return id.slice(start, start + 6);',
    replace: 'return id;',
    specs: [log],
  },
  {
    name: "watching: one sees another router's messages",
    file: 'session/events/watch-messages.ts',
    find: 'return known === session ? watcher(message, known, direction) : undefined;',
    replace: 'return watcher(message, (known ?? session) as Session<Data>, direction);',
    specs: ['session/events/watch-messages.spec.ts'],
  },
  {
    name: 'dashboard: a POST needs no token',
    file: page,
    find: "requesterOf(req) !== 'own' || !isSame(sent, token)",
    replace: "requesterOf(req) !== 'own' || !isSame(token, sent as string)",
    specs: [closing],
  },
  {
    name: 'dashboard: the token is enough, wherever a POST comes from',
    file: page,
    find: "requesterOf(req) !== 'own' ||",
    replace: "requesterOf(req) === 'own' && ''.length > 0 ||",
    specs: [closing],
  },
  {
    name: 'dashboard: an origin is own whatever its host',
    file: admission,
    find: "new URL(origin).host === host ? 'own'",
    replace: "host !== undefined ? 'own'",
    specs: [closing],
  },
  {
    name: 'dashboard: any Host will do over loopback',
    file: admission,
    find: 'return isLoopbackName(name) ||',
    replace: 'return name !== undefined ||',
    specs: [pages],
  },
  {
    name: 'dashboard: inline code is allowed at large',
    file: page,
    find: '`script-src ${sha256(SCRIPT)}`',
    replace: "`script-src 'unsafe-inline'${sha256(SCRIPT).slice(0, 0)}`",
    specs: [pages],
  },
  {
    name: 'dashboard: rows tell the whole session id',
    file: roster,
    find: 'return id.slice(start, start + 6);',
    replace: 'return id;',
    specs: [sessions],
  },
  {
    name: 'dashboard: every row is sent every second',
    file: viewer,
    find: 'rows.filter(({ key }) => before.get(key) !== this.#rows.get(key))',
    replace: 'rows.filter(({ key }) => before.get(key) !== "")',
    specs: [sessions],
  },
  {
    name: 'dashboard: all sessions are listed',
    file: roster,
    find: 'found.slice(0, limit)',
    replace: 'found.slice(0, limit * 1_000)',
    specs: [sessions],
  },
  {
    name: 'dashboard: states pile up before a page that does not read',
    file: viewer,
    find: '    if (this.#writer.bufferedBytes > 0) return;\n',
    replace: '',
    specs: [viewers],
  },
  {
    name: 'dashboard: pages outlive their router',
    file: board,
    find: '    for (const viewer of this.#viewers) viewer.end();\n',
    replace: '',
    specs: [viewers],
  },
  {
    name: 'dashboard: names are put into the page as HTML',
    file: 'dashboard/drawing.ts',
    find: 'if (element.textContent !== text) element.textContent = text;',
    replace: 'if (element.textContent !== text) element.innerHTML = text;',
    specs: [pages],
  },
  {
    name: 'dashboard: the script names what does not exist',
    file: script,
    find: "  link('live', 'Live');",
    replace: "  lnk('live', 'Live');",
    specs: ['dashboard/script.spec.ts'],
  },
];
