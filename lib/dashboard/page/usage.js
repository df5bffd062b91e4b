// Who uses the server: asked for now and then, sorted and copied here.
'use strict';

/**
 * @typedef {import('../usage-view.js').UsageState} UsageState
 * @typedef {import('../usage-view.js').UsageEntry & { key: number }} UsageShown
 */

const USAGE_MS = 10_000;
/** Rows that are shown until all are asked for: there may be a thousand. */
const FIRST_ROWS = 25;

/** @type {Column<UsageShown>[]} */
const USAGE = [
  { title: 'Client', sort: 'client', show: showClient },
  { title: 'Transport', sort: 'transport', show: (cell, row) => set(cell, row.transport) },
  { title: 'User agent', sort: 'userAgent', show: (cell, row) => set(cell, row.userAgent || '–') },
  figure('Sessions', (row) => count(row.sessions), { sort: 'sessions', largestFirst: true }),
  figure('Requests', (row) => count(row.requests), { sort: 'requests', largestFirst: true }),
  figure('Refused', (row) => count(row.refused), { sort: 'refused', largestFirst: true }),
  figure('First seen', ({ first }, now) => `${time(now - first)} ago`, { sort: 'first' }),
  figure('Last seen', ({ last }, now) => `${time(now - last)} ago`, {
    sort: 'last',
    largestFirst: true,
  }),
];
/** What is copied, by the names of `usage()`. */
const COPIED = /** @type {const} */ ([
  ...['client', 'version', 'protocol', 'principal', 'userAgent', 'transport'],
  ...['sessions', 'requests', 'refused', 'first', 'last'],
]);

/** @type {Map<string, number>} */
const usageKeys = new Map();
/** @type {UsageShown[]} */
let usageRows = [];
let usageNow = Date.now();
let showsAllUsage = false;
/** @type {Sorting} */
let usageSorting = { column: 'last', descending: true };
const usageTable = /** @type {Table<UsageShown>} */ (new Table('usage', sortUsage));
usageTable.setColumns(USAGE);
usageTable.showSorting(usageSorting);

async function askUsage() {
  if (document.hidden) return;
  const answer = await fetch(`${base}usage`).catch(() => undefined);
  if (!answer?.ok) return;
  /** @type {UsageState} */
  const { rows, now, forgotten, missing } = await answer.json();
  usageNow = now;
  usageRows = rows.map((row) => ({ ...row, key: usageKeyOf(row) }));
  const notes = [
    missing > 0 ? `without ${count(missing)} nodes that do not answer` : '',
    forgotten > 0 ? `${count(forgotten)} more were forgotten` : '',
  ];
  set($('usage-note'), notes.filter(Boolean).join('; '));
  $('none-usage').hidden = rows.length > 0;
  $('copy').hidden = rows.length === 0;
  showUsage();
}

/**
 * Names a row to the table for as long as the page is open.
 *
 * @param {import('../usage-view.js').UsageEntry} row
 */
function usageKeyOf({ client, version, protocol, principal, userAgent, transport }) {
  const name = JSON.stringify([client, version, protocol, principal, userAgent, transport]);
  const key = usageKeys.get(name) ?? usageKeys.size;
  usageKeys.set(name, key);
  return key;
}

function showUsage() {
  const { column, descending } = usageSorting;
  /** @param {UsageShown} row */
  const measure = (row) => {
    const value = row[/** @type {keyof UsageShown} */ (column)];
    return typeof value === 'string' ? value.toLowerCase() : value;
  };
  const direction = descending ? -1 : 1;
  usageRows.sort((a, b) => {
    const [one, other] = [measure(a), measure(b)];
    return one < other ? -direction : one > other ? direction : 0;
  });
  const shown = showsAllUsage ? usageRows : usageRows.slice(0, FIRST_ROWS);
  usageTable.arrange(shown.map(({ key }) => key));
  usageTable.fill(new Map(shown.map((row) => [row.key, row])), usageNow);
  $('more-usage').hidden = usageRows.length <= FIRST_ROWS;
  set($('more-usage'), `Show ${showsAllUsage ? FIRST_ROWS : `all ${count(usageRows.length)}`}`);
}

/** @param {Column<UsageShown>} column */
function sortUsage({ title, sort = '', largestFirst = false }) {
  const again = sort === usageSorting.column;
  const descending = again ? !usageSorting.descending : largestFirst;
  usageSorting = { column: sort, descending };
  usageTable.showSorting(usageSorting);
  showUsage();
  say(`Sorted by ${title}, ${descending ? 'descending' : 'ascending'}`);
}

/** The rows in their order, as a spreadsheet takes them. */
function usageText() {
  const lines = usageRows.map((row) => COPIED.map((name) => cellOf(row, name)).join('\t'));
  return [COPIED.join('\t'), ...lines].join('\n');
}

/**
 * A cell that stays one, and is no formula, whatever clients call themselves.
 *
 * @param {UsageShown} row
 * @param {string} name
 */
function cellOf(row, name) {
  const value = row[/** @type {keyof UsageShown} */ (name)];
  if (name === 'first' || name === 'last') return new Date(value).toISOString();
  const text = String(value).replace(/\s+/g, ' ');
  return typeof value === 'string' && /^[=+\-@]/.test(text) ? `'${text}` : text;
}

async function copyUsage() {
  const text = usageText();
  // Browsers have no clipboard over plain HTTP to another machine.
  const copied = navigator.clipboard
    ? await navigator.clipboard.writeText(text).then(
        () => true,
        () => copyBySelection(text),
      )
    : copyBySelection(text);
  say(copied ? `${count(usageRows.length)} rows copied` : 'The rows could not be copied.');
}

/** @param {string} text */
function copyBySelection(text) {
  const field = append(document.body, 'textarea', text);
  field.className = 'unseen';
  field.select();
  const copied = document.execCommand('copy');
  field.remove();
  $('copy').focus();
  return copied;
}

$('copy').addEventListener('click', () => void copyUsage());
$('more-usage').addEventListener('click', () => {
  showsAllUsage = !showsAllUsage;
  showUsage();
});
document.addEventListener('visibilitychange', () => void askUsage());
setInterval(() => {
  if (!paused) void askUsage();
}, USAGE_MS);
void askUsage();
