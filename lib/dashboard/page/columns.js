// What the tables of open and closed sessions show.
'use strict';

/**
 * @typedef {import('../session-table.js').Row} Row
 * @typedef {import('../session-table.js').ClosedRow} ClosedRow
 */

const MUCH_BUFFERED = 65_536;

/** @type {Column<Row>[]} */
const OPEN = [
  { title: 'Client', sort: 'client', show: showClient },
  { title: 'State', sort: 'state', kind: 'state', show: showState },
  { title: 'Session', sort: 'session', show: showId },
  figure('Age', ({ opened }, now) => time(now - opened), { sort: 'age' }),
  figure('Idle', ({ active }, now) => time(now - active), { sort: 'idle' }),
  figure('In flight', (row) => count(row.inFlight), { sort: 'inFlight', largestFirst: true }),
  figure('In', (row) => count(row.in), { sort: 'in', largestFirst: true }),
  figure('Out', (row) => count(row.out), { sort: 'out', largestFirst: true }),
  figure('Buffered', (row) => bytes(row.buffered), {
    sort: 'buffered',
    largestFirst: true,
    stressed: (row) => row.buffered > MUCH_BUFFERED,
  }),
];
/** With the upstream of each session, for a bridge. @type {Column<Row>[]} */
const BRIDGED = [
  ...OPEN.slice(0, 2),
  { title: 'Upstream', sort: 'upstream', kind: 'upstream', show: showUpstream },
  ...OPEN.slice(2),
];
/** @type {Column<ClosedRow>[]} */
const CLOSED = [
  { title: 'Client', show: showClient },
  { title: 'Reason', show: (cell, { reason }) => set(cell, reason) },
  { title: 'Session', show: showId },
  figure('Closed', ({ at }, now) => `${time(now - at)} ago`),
  figure('Lasted', ({ at, opened }) => time(at - opened)),
  figure('In / out', (row) => `${count(row.in)} / ${count(row.out)}`),
];

/**
 * A column of figures.
 *
 * @template Shown
 * @param {string} title
 * @param {(row: Shown, now: number) => string} text
 * @param {object} more
 * @param {string} [more.sort]
 * @param {boolean} [more.largestFirst]
 * @param {(row: Shown) => boolean} [more.stressed] whether the figure stands out
 * @returns {Column<Shown>}
 */
function figure(title, text, { stressed, ...more } = {}) {
  return {
    title,
    kind: 'number',
    ...more,
    show(cell, row, now) {
      set(cell, text(row, now));
      if (stressed) cell.classList.toggle('hot', stressed(row));
    },
  };
}

/**
 * @param {HTMLElement} cell
 * @param {Pick<Row, 'client' | 'version' | 'protocol' | 'principal'>} row
 */
function showClient(cell, { client, version, protocol, principal }) {
  const name = cell.firstElementChild ?? append(cell, 'span');
  const more = name.nextElementSibling ?? append(cell, 'small');
  set(name, client ? `${client} ${version}` : 'not introduced yet');
  // Alone, a version of the protocol looks like a date.
  set(more, [protocol && `protocol ${protocol}`, principal].filter(Boolean).join(' · '));
}

/**
 * @param {HTMLElement} cell
 * @param {Row} row
 */
function showState(cell, { state }) {
  set(cell.firstElementChild ?? append(cell, 'span'), state);
  cell.dataset.state = state;
}

/**
 * @param {HTMLElement} cell
 * @param {Row} row
 */
function showUpstream(cell, { upstream, upstreamState }) {
  const name = cell.firstElementChild ?? append(cell, 'span');
  const state = cell.querySelector('small') ?? append(cell, 'small');
  set(name, upstream || '–');
  set(state, upstreamState);
  state.hidden = upstream === '';
  state.className = 'state';
  state.dataset.state = upstreamState;
}

/**
 * @param {HTMLElement} cell
 * @param {Row} row
 */
function showId(cell, { id }) {
  set(cell.firstElementChild ?? append(cell, 'code'), id);
}
