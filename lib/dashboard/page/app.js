// The page's own logic: it listens to the dashboard's events and shows them. For browsers of 2023
// and later.
'use strict';

/**
 * @typedef {import('../viewer.js').Greeting} Greeting
 * @typedef {import('../viewer.js').State} State
 * @typedef {import('../stats.js').Overview} Overview
 * @typedef {import('../stats.js').Sample} Sample
 * @typedef {import('../viewer.js').SeenMessage} SeenMessage
 */

const base = location.pathname.replace(/\/?$/, '/');
/** Closed sessions, and messages. */
const KEPT = 50;
const RETRY_MS = 3000;
const TYPING_MS = 200;
const ANNOUNCE_MS = 15_000;

const filterField = /** @type {HTMLInputElement} */ ($('filter'));
const dialog = /** @type {HTMLDialogElement} */ ($('confirm'));

/** @type {Greeting} */
let greeting = { showMessages: false };
/** @type {EventSource | undefined} */
let source;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;
let paused = false;
/** Whether the next state is the first one of its stream. */
let first = true;
let filter = '';
/** @type {Sorting} */
let sorting = { column: 'age', descending: false };
/** What to say when the view that was asked for has come. */
let wanted = '';
let announcedAt = 0;
let lastAnnounced = '';
/** @type {Sample[]} */
let samples = [];
/** @type {ClosedRow[]} */
let closedRows = [];
/** @type {Map<number, Row>} */
const facts = new Map();

/** @type {Column<Row>} */
const CLOSE = { title: 'Action', kind: 'action', show: showButton };
/** The columns of the open sessions: without upstreams, and with them. */
const COLUMNS = [OPEN, BRIDGED].map((plain) => ({ plain, closable: [...plain, CLOSE] }));
/** Whether the sessions are those of a bridge, which have upstreams. */
let bridged = false;
const openTable = /** @type {Table<Row>} */ (new Table('open', sortBy));
const closedTable = /** @type {Table<ClosedRow>} */ (new Table('closed'));
const rateChart = new Chart($('rate'), {
  lines: 2,
  label: (value) => `${count(value)}/s`,
  top: roundAbove,
});
const bufferChart = new Chart($('buffer'), { lines: 1, label: bytes, top: roundBytesAbove });
closedTable.setColumns(CLOSED);

/** Listens, for the view that the fields ask for. A page that nobody looks at takes no place. */
function connect() {
  clearTimeout(timer);
  source?.close();
  if (paused || document.hidden) return;
  filter = filterField.value.trim();
  const sort = (sorting.descending ? '-' : '') + sorting.column;
  const query = new URLSearchParams({ filter, sort });
  const stream = new EventSource(`${base}events?${query}`);
  stream.addEventListener('hello', ({ data }) => begin(JSON.parse(data)));
  stream.addEventListener('state', ({ data }) => update(JSON.parse(data)));
  stream.onerror = () => {
    link('lost', 'Connection lost, trying again');
    // It gives up for good when it is answered with an error, such as too many pages.
    if (stream.readyState === EventSource.CLOSED) timer = setTimeout(connect, RETRY_MS);
  };
  source = stream;
}

/** @param {Greeting} told */
function begin(told) {
  greeting = told;
  samples = [];
  closedRows = [];
  first = true;
  $('messages').replaceChildren();
  $('messages-part').hidden = !greeting.showMessages;
  link('live', 'Live');
}

/** @param {State} state */
function update(state) {
  if (!bridged && state.rows.some(({ upstream }) => upstream !== '')) {
    bridged = true;
    // Other columns need all rows again.
    if (!first) return connect();
  }
  if (first) chooseColumns();
  samples = samples.concat(state.samples).slice(-SAMPLES);
  showOverview(state.overview);
  showNode(state.overview);
  showOpen(state);
  showClosed(state);
  for (const message of state.messages) showMessage(message);
  $('messages').hidden = $('messages').children.length === 0;
  $('none-messages').hidden = !$('messages').hidden;
  announce(state.overview);
  first = false;
}

function chooseColumns() {
  const { plain, closable } = COLUMNS[Number(bridged)];
  openTable.setColumns(greeting.token ? closable : plain);
  openTable.showSorting(sorting);
}

/** @param {Overview} overview */
function showOverview(overview) {
  const last = samples.at(-1) ?? { in: 0, out: 0, buffered: overview.bufferedBytes };
  set($('sessions'), count(overview.sessions));
  set($('connected'), count(overview.connected));
  set($('detached'), count(overview.detached));
  const ended = total(overview.closed);
  const { restored, handedOver } = overview;
  const moves =
    restored + handedOver > 0 ? `, ${count(restored)} came, ${count(handedOver)} went` : '';
  set($('sessions-note'), `${count(overview.opened)} opened, ${count(ended)} closed${moves}`);
  set($('in-flight'), count(overview.inFlight));
  set($('rate-in'), rate(last.in));
  set($('rate-out'), rate(last.out));
  set($('buffered'), bytes(overview.bufferedBytes));
  set($('total'), bytes(overview.totalBytes));
  set($('refused'), count(total(overview.refused)));
  set($('refused-note'), most(overview.refused));
  set($('errors'), count(total(overview.errors)));
  set($('errors-note'), most(overview.errors));
  const ins = samples.map((sample) => sample.in);
  const outs = samples.map((sample) => sample.out);
  const buffered = samples.map((sample) => sample.buffered);
  const peakRate = Math.max(0, ...ins, ...outs);
  const peakBuffered = Math.max(0, ...buffered);
  set($('rate-note'), `peak ${rate(peakRate)} in 2 min`);
  set($('buffered-note'), `peak ${bytes(peakBuffered)} in 2 min`);
  rateChart.draw([ins, outs], peakRate);
  bufferChart.draw([buffered], peakBuffered);
}

/**
 * Which of several nodes this is: a dashboard shows the sessions of one.
 *
 * @param {Overview} overview
 */
function showNode({ node }) {
  $('node').hidden = !node;
  if (!node) return;
  $('node').dataset.state = node.up ? 'live' : 'lost';
  const others = node.up ? `1 of ${count(node.nodes)}` : 'out of reach of the others';
  set($('node'), `Node ${node.name}, ${others}`);
}

/** @param {State} state */
function showOpen({ rows, order, now, matching, overview }) {
  for (const row of rows) facts.set(row.key, row);
  if (order) {
    openTable.arrange(order, { focusLost: () => $('open-title').focus(), highlight: !first });
    const kept = new Set(order);
    for (const key of facts.keys()) if (!kept.has(key)) facts.delete(key);
  }
  openTable.fill(facts, now);
  const extent = extentOf(openTable.size, matching, overview.sessions);
  set($('shown'), extent);
  const none = 'No sessions. Connect a client, and it appears here.';
  set($('none'), filter ? 'No session matches.' : none);
  $('none').hidden = openTable.size > 0;
  $('open-table').hidden = openTable.size === 0;
  if (wanted === 'filter') say(extent || `${count(matching)} sessions`);
  else if (wanted) say(wanted);
  wanted = '';
}

/**
 * How much of it all is shown.
 *
 * @param {number} shown
 * @param {number} matching
 * @param {number} all
 */
function extentOf(shown, matching, all) {
  const match = filter ? ' that match' : '';
  if (shown < matching) return `${count(shown)} shown of ${count(matching)}${match}`;
  return filter ? `${count(matching)} of ${count(all)} match` : '';
}

/** @param {State} state */
function showClosed({ closed, now }) {
  closedRows = [...closed].reverse().concat(closedRows).slice(0, KEPT);
  if (first || closed.length > 0) closedTable.arrange(closedRows.map(({ key }) => key));
  closedTable.fill(new Map(closedRows.map((row) => [row.key, row])), now);
  $('none-closed').hidden = closedRows.length > 0;
}

/** @param {SeenMessage} message */
function showMessage({ at, id, client, direction, text }) {
  const list = $('messages');
  const item = document.createElement('li');
  append(item, 'time', new Date(at).toLocaleTimeString('en-GB'));
  append(item, 'span', direction).className = `to-${direction}`;
  append(item, 'span', `${client || 'unnamed'} ${id}`);
  append(item, 'code', text);
  list.prepend(item);
  if (list.children.length > KEPT) list.lastElementChild?.remove();
}

/**
 * @param {HTMLElement} cell
 * @param {Row} row
 */
function showButton(cell, row) {
  const whose = `${row.client || 'an unnamed client'}, ${row.id}`;
  const name = `Close the session of ${whose}`;
  const button = cell.querySelector('button') ?? append(cell, 'button', 'Close');
  if (button.getAttribute('aria-label') !== name) button.setAttribute('aria-label', name);
  button.onclick = () => confirmClose(row, whose);
}

/**
 * @param {Row} row
 * @param {string} whose
 */
function confirmClose({ key }, whose) {
  const effect = 'Its stream ends, and its running requests are cancelled.';
  set($('confirm-text'), `This is the session of ${whose}. ${effect}`);
  dialog.returnValue = 'no';
  dialog.onclose = () => {
    if (dialog.returnValue !== 'yes') return;
    // Once: the event of a dialog that was left before may come as late as this one's.
    dialog.returnValue = 'no';
    void closeSession(key);
  };
  dialog.showModal();
}

/** @param {number} key */
async function closeSession(key) {
  const headers = { 'X-Dashboard-Token': greeting.token ?? '' };
  const request = fetch(`${base}close?key=${key}`, { method: 'POST', headers });
  const answer = await request.catch(() => undefined);
  say(answer?.ok ? 'The session is closed.' : 'The session could not be closed.');
}

/**
 * A second press on the same head turns the order around.
 *
 * @param {Column<Row>} column
 */
function sortBy({ title, sort = '', largestFirst = false }) {
  const again = sort === sorting.column;
  sorting = { column: sort, descending: again ? !sorting.descending : largestFirst };
  openTable.showSorting(sorting);
  wanted = `Sorted by ${title}, ${sorting.descending ? 'descending' : 'ascending'}`;
  connect();
}

/**
 * For those who hear the page: the gist, now and then.
 *
 * @param {Overview} overview
 */
function announce({ sessions, inFlight, bufferedBytes }) {
  const running = `${count(inFlight)} requests in flight`;
  const text = `${count(sessions)} sessions, ${running}, ${bytes(bufferedBytes)} buffered`;
  if (text === lastAnnounced || performance.now() - announcedAt < ANNOUNCE_MS) return;
  lastAnnounced = text;
  say(text);
}

/** @param {string} text */
function say(text) {
  announcedAt = performance.now();
  set($('announce'), text);
}

/**
 * Whether what the page shows is of now.
 *
 * @param {'live' | 'lost' | 'paused'} state
 * @param {string} text
 */
function link(state, text) {
  $('link').dataset.state = state;
  set($('link'), text);
}

$('pause').addEventListener('click', () => {
  paused = !paused;
  $('pause').setAttribute('aria-pressed', String(paused));
  if (paused) link('paused', 'Paused');
  connect();
});
filterField.addEventListener('input', () => {
  clearTimeout(timer);
  timer = setTimeout(() => {
    wanted = 'filter';
    connect();
  }, TYPING_MS);
});
document.addEventListener('visibilitychange', connect);
connect();
