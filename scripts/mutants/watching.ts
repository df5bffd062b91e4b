import type { Mutant } from './mutant.js';

const diagnostics = 'session/events/diagnostics.ts';
const access = 'dashboard/access.ts';
const feed = 'dashboard/live-feed.ts';
const handler = 'dashboard/dashboard.ts';
const table = 'dashboard/session-table.ts';
const viewer = 'dashboard/viewer.ts';

const channels = 'session/events/diagnostics.spec.ts';
const log = 'session/events/debug-log.spec.ts';
const closing = 'dashboard/closing.spec.ts';
const sessions = 'dashboard/sessions.spec.ts';
const viewers = 'dashboard/viewers.spec.ts';
const pages = 'dashboard/page.spec.ts';
const pageFiles = 'dashboard/page-files.spec.ts';
const pageTypes = 'dashboard/page-types.spec.ts';

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
    name: 'watching: a text forges a line of the log',
    file: 'session/events/debug-log.ts',
    find: ".replaceAll('\\n', '\\n    ')",
    replace: '',
    specs: [log],
  },
  {
    name: 'watching: the log has whole session ids',
    file: 'util/guards.ts',
    find: 'return id.slice(start, start + 6);',
    replace: 'return id;',
    specs: [log],
  },
  {
    name: "watching: one sees another router's messages",
    file: 'session/events/session-events.ts',
    find: 'readonly #watchers = new Set<MessageWatcher<Data>>();',
    replace:
      'static readonly all = new Set<never>();\n  readonly #watchers: Set<MessageWatcher<Data>> = SessionEvents.all;',
    specs: ['session/events/watch-messages.spec.ts'],
  },
  {
    name: 'dashboard: a POST needs no token',
    file: handler,
    find: "requesterOf(req) !== 'own' || !isSame(sent, token)",
    replace: "requesterOf(req) !== 'own' || !isSame(token, sent as string)",
    specs: [closing],
  },
  {
    name: 'dashboard: the token is enough, wherever a POST comes from',
    file: handler,
    find: "requesterOf(req) !== 'own' ||",
    replace: "requesterOf(req) === 'own' && ''.length > 0 ||",
    specs: [closing],
  },
  {
    name: 'dashboard: an origin is own whatever its host',
    file: access,
    find: "new URL(origin).host === host ? 'own'",
    replace: "host !== undefined ? 'own'",
    specs: [closing],
  },
  {
    name: 'dashboard: pages of sibling hosts may listen',
    file: access,
    find: "if (site !== undefined) return 'foreign';",
    replace: "if (site === 'cross-site') return 'foreign';",
    specs: [pages],
  },
  {
    name: 'dashboard: a link may lead to the stream',
    file: handler,
    find: '!(linkable && isNavigation(req))',
    replace: '!((linkable ?? true) && isNavigation(req))',
    specs: [pages],
  },
  {
    name: 'dashboard: any site may fetch the page',
    file: handler,
    find: '!(linkable && isNavigation(req))',
    replace: '!(linkable && (isNavigation(req) || linkable))',
    specs: [pages],
  },
  {
    name: 'dashboard: any site may frame the page',
    file: access,
    find: "headers['sec-fetch-dest'] === 'document'",
    replace: "headers['sec-fetch-dest'] !== 'empty'",
    specs: [pages],
  },
  {
    name: 'dashboard: whatever is published of upstreams is read',
    file: 'dashboard/upstreams.ts',
    find: '    if (!isRecord(payload)) return;\n    const { session, state } = payload;',
    replace: '    const { session, state } = payload as { session: unknown; state: unknown };',
    specs: ['dashboard/upstreams.spec.ts'],
  },
  {
    name: 'dashboard: any Host will do over loopback',
    file: access,
    find: '(isLoopbackName(name) ||',
    replace: "(name !== '' ||",
    specs: [pages],
  },
  {
    name: 'dashboard: a forwarded host stands in for the one that arrived',
    file: access,
    find: '[host, hostname?.toLowerCase() ?? host]',
    replace: '[hostname?.toLowerCase() ?? host]',
    specs: [pages],
  },
  {
    name: 'dashboard: a forwarded host is not looked at',
    file: access,
    find: '[host, hostname?.toLowerCase() ?? host]',
    replace: '[host, host ?? hostname]',
    specs: [pages],
  },
  {
    name: 'dashboard: inline code is allowed at large',
    file: 'dashboard/page.ts',
    find: "`script-src ${scripts.join(' ')}`",
    replace: "`script-src 'unsafe-inline'${scripts.join(' ').slice(0, 0)}`",
    specs: [pages],
  },
  {
    name: 'dashboard: rows tell the whole session id',
    file: table,
    find: 'id: shortId(session.id),',
    replace: 'id: shortId(session.id) && session.id,',
    specs: [sessions],
  },
  {
    name: 'dashboard: the filter finds by whole session ids',
    file: table,
    find: 'return [id, clientOf(texts),',
    replace: 'return [id, session.id, clientOf(texts),',
    specs: [sessions],
  },
  {
    name: 'dashboard: the filter finds by the name behind a title',
    file: table,
    find: 'return [id, clientOf(texts),',
    replace: "return [id, session.clientInfo?.name ?? '', clientOf(texts),",
    specs: [sessions],
  },
  {
    name: 'dashboard: the filter finds by what is cut off',
    file: table,
    find: 'principal: excerptOf(principal)',
    replace: "principal: principal ?? ''",
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
    file: table,
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
    file: feed,
    find: '    for (const viewer of this.#viewers) viewer.end();\n',
    replace: '',
    specs: [viewers],
  },
  {
    name: 'dashboard: names are put into the page as HTML',
    file: 'dashboard/page/text.js',
    find: 'if (element.textContent !== text) element.textContent = text;',
    replace: 'if (element.textContent !== text) element.innerHTML = text;',
    specs: [pageFiles],
  },
  {
    name: 'dashboard: a script names what does not exist',
    file: 'dashboard/page/app.js',
    find: "  link('live', 'Live');",
    replace: "  lnk('live', 'Live');",
    specs: [pageTypes],
  },
  {
    name: 'dashboard: the page reads what the server does not send',
    file: 'dashboard/page/app.js',
    find: 'count(overview.connected)',
    replace: 'count(overview.attached)',
    specs: [pageTypes],
  },
];
