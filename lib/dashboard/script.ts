import { DRAWING } from './drawing.js';

/**
 * The script of the page, for browsers of 2023 and later. What comes from clients gets into the
 * page as `textContent` only. Its hash is in the page's Content-Security-Policy.
 */
export const SCRIPT: string =
  DRAWING +
  /* js */ String.raw`
const base = location.pathname.replace(/\/?$/, '/');
const SAMPLES = 120;
const KEPT = 50;
const AGAIN_MS = 3000;

const filterField = /** @type {HTMLInputElement} */ ($('filter'));
const orderField = /** @type {HTMLSelectElement} */ ($('order'));
const dialog = /** @type {HTMLDialogElement} */ ($('confirm'));

let hello = { showMessages: false, token: undefined };
let source, timer, paused = false, samples = [], first = true, filter = '', filterChanged = false;
let announcedAt = 0, lastAnnounced = '';
/** By the key of a session: its row of the table, and what it shows. */
const rows = new Map();
const facts = new Map();

const OPEN = [
  { title: 'Client', show: (cell, row) => showClient(cell, row) },
  { title: 'State', kind: 'state', show: (cell, row) => { set(cell, row.state); cell.dataset.state = row.state; } },
  { title: 'Session', show: (cell, row) => setCode(cell, row.id) },
  { title: 'Age', kind: 'number', show: (cell, row, now) => set(cell, time(now - row.opened)) },
  { title: 'Last active', kind: 'number', show: (cell, row, now) => set(cell, time(now - row.active) + ' ago') },
  { title: 'In flight', kind: 'number', show: (cell, row) => set(cell, count(row.inFlight)) },
  { title: 'In', kind: 'number', show: (cell, row) => set(cell, count(row.in)) },
  { title: 'Out', kind: 'number', show: (cell, row) => set(cell, count(row.out)) },
  { title: 'Buffered', kind: 'number', show: (cell, row) => { set(cell, bytes(row.buffered)); cell.classList.toggle('hot', row.buffered > 65536); } },
];
const CLOSED = [
  OPEN[0],
  { title: 'Reason', show: (cell, row) => set(cell, row.reason) },
  OPEN[2],
  { title: 'Closed', kind: 'number', show: (cell, row, now) => set(cell, time(now - row.at) + ' ago') },
  { title: 'Lasted', kind: 'number', show: (cell, row) => set(cell, time(row.at - row.opened)) },
  { title: 'In / out', kind: 'number', show: (cell, row) => set(cell, count(row.in) + ' / ' + count(row.out)) },
];
const ACTION = { title: 'Action', kind: 'action', show: showButton };
const columns = () => (hello.token ? [...OPEN, ACTION] : OPEN);

function connect() {
  clearTimeout(timer);
  source?.close();
  if (paused || document.hidden) return;
  filter = filterField.value.trim();
  const query = new URLSearchParams({ filter, order: orderField.value });
  source = new EventSource(base + 'events?' + query);
  source.addEventListener('hello', (event) => begin(JSON.parse(event.data)));
  source.addEventListener('state', (event) => update(JSON.parse(event.data)));
  source.onerror = () => {
    link('lost', 'Connection lost, trying again');
    // It gives up for good when it is answered with an error, such as too many pages.
    if (source.readyState === EventSource.CLOSED) timer = setTimeout(connect, AGAIN_MS);
  };
}

function begin(greeting) {
  if (greeting.token !== hello.token) {
    $('open').replaceChildren();
    rows.clear();
  }
  hello = greeting;
  samples = [];
  first = true;
  closedRows.length = 0;
  for (const id of ['closed', 'messages']) $(id).replaceChildren();
  head('open-head', columns());
  head('closed-head', CLOSED);
  $('messages-part').hidden = !hello.showMessages;
  link('live', 'Live');
}

function update(state) {
  samples = samples.concat(state.samples).slice(-SAMPLES);
  showNow(state.stats);
  for (const row of state.rows) facts.set(row.key, row);
  if (state.order) arrange(state.order);
  for (const [key, tr] of rows) fill(tr, columns(), facts.get(key), state.now);
  showClosed(state.closed, state.now);
  for (const message of state.messages) showMessage(message);
  showExtent(state);
  announce(state);
  first = false;
}

/** Rows in this order, and no others. Moves no more of them than it must: a move loses the focus. */
function arrange(order) {
  const wanted = new Set(order);
  for (const [key, tr] of rows) {
    if (wanted.has(key)) continue;
    if (tr.contains(document.activeElement)) $('open-title').focus();
    tr.remove();
    rows.delete(key);
    facts.delete(key);
  }
  const focused = /** @type {HTMLElement} */ (document.activeElement);
  let next = $('open').firstElementChild;
  for (const key of order) {
    let tr = rows.get(key);
    if (!tr) {
      tr = line(columns());
      tr.classList.toggle('new', !first);
      tr.dataset.key = key;
      rows.set(key, tr);
    }
    if (tr === next) next = next.nextElementSibling;
    else $('open').insertBefore(tr, next);
  }
  if (document.activeElement !== focused) focused.focus();
}

const closedRows = [];
function showClosed(fresh, now) {
  for (const row of fresh) {
    const tr = line(CLOSED);
    $('closed').prepend(tr);
    closedRows.unshift({ tr, row });
  }
  for (const { tr } of closedRows.splice(KEPT)) tr.remove();
  for (const { tr, row } of closedRows) fill(tr, CLOSED, row, now);
  $('none-closed').hidden = closedRows.length > 0;
}

function showMessage({ at, id, client, direction, text }) {
  const item = document.createElement('li');
  append(item, 'time', new Date(at).toLocaleTimeString('en-GB'));
  append(item, 'span', direction).className = 'to-' + direction;
  append(item, 'span', (client || 'unnamed') + ' ' + id);
  append(item, 'code', text);
  $('messages').prepend(item);
  if ($('messages').children.length > KEPT) $('messages').lastElementChild.remove();
}

function showButton(cell, row) {
  const whose = (row.client || 'an unnamed client') + ', ' + row.id;
  const name = 'Close the session of ' + whose;
  const button = cell.firstElementChild ?? append(cell, 'button', 'Close');
  if (button.getAttribute('aria-label') !== name) button.setAttribute('aria-label', name);
  button.onclick = () => ask(row, whose);
}

function ask(row, whose) {
  set($('confirm-text'), 'It is that of ' + whose + '. Its stream ends, and requests that are running are cancelled.');
  dialog.returnValue = 'no';
  dialog.onclose = () => {
    if (dialog.returnValue !== 'yes') return;
    // Once: the event of a dialog that was left before may come as late as this one's.
    dialog.returnValue = 'no';
    closeSession(row);
  };
  dialog.showModal();
}

async function closeSession({ key }) {
  const headers = { 'X-Dashboard-Token': hello.token };
  const answer = await fetch(base + 'close?key=' + key, { method: 'POST', headers }).catch(() => undefined);
  say(answer?.ok ? 'The session is closed.' : 'The session could not be closed.');
}

function showExtent({ matching, stats }) {
  const shown = rows.size;
  const text = shown < matching
    ? count(shown) + ' shown of ' + count(matching) + (filter ? ' that match' : '')
    : filter ? count(matching) + ' of ' + count(stats.sessions) + ' match' : '';
  set($('shown'), text);
  set($('none'), filter ? 'No session matches.' : 'No sessions. Connect a client, and it appears here.');
  $('none').hidden = shown > 0;
  if (filterChanged) say(text || count(matching) + ' sessions');
  filterChanged = false;
}

/** For those who hear the page: the gist, now and then. */
function announce({ stats }) {
  const text = count(stats.sessions) + ' sessions, ' + count(stats.inFlight) + ' requests in flight, ' + bytes(stats.bufferedBytes) + ' buffered';
  if (text === lastAnnounced || performance.now() - announcedAt < 15000) return;
  lastAnnounced = text;
  say(text);
}

function say(text) {
  announcedAt = performance.now();
  set($('announce'), text);
}

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
for (const field of [filterField, orderField]) {
  field.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      filterChanged = true;
      connect();
    }, 200);
  });
}
// A page that nobody looks at takes no place from others.
document.addEventListener('visibilitychange', connect);
connect();
`;
