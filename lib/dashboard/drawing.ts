/** The first part of the page's script: figures as text, cells, rows and charts. */
export const DRAWING: string = /* js */ String.raw`'use strict';
const $ = (id) => document.getElementById(id);
const SVG = 'http://www.w3.org/2000/svg';

const count = (number) => Math.round(number).toLocaleString('en');

function rate(perSecond) {
  return perSecond > 0 && perSecond < 9.95 ? perSecond.toFixed(1) : count(perSecond);
}

function bytes(number) {
  const units = ['B', 'KiB', 'MiB', 'GiB'];
  let unit = 0;
  for (; number >= 1024 && unit < units.length - 1; unit += 1) number /= 1024;
  return (unit === 0 || number >= 100 ? Math.round(number) : number.toFixed(1)) + ' ' + units[unit];
}

function time(milliseconds) {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 60) return seconds + ' s';
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return minutes + ' min ' + (seconds % 60) + ' s';
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? hours + ' h ' + (minutes % 60) + ' min' : Math.floor(hours / 24) + ' d';
}

/** Touches the page only where something has changed. */
function set(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function append(parent, name, text) {
  const element = document.createElement(name);
  element.textContent = text;
  parent.append(element);
  return element;
}

function setCode(cell, text) {
  set(cell.firstElementChild ?? append(cell, 'code', ''), text);
}

function showClient(cell, row) {
  if (!cell.firstElementChild) {
    append(cell, 'span', '');
    append(cell, 'small', '');
  }
  set(cell.firstElementChild, row.client ? row.client + ' ' + row.version : 'not introduced yet');
  set(cell.lastElementChild, [row.protocol, row.principal].filter(Boolean).join(' · '));
}

function head(id, columns) {
  $(id).replaceChildren();
  for (const { title, kind } of columns) {
    const cell = append($(id), 'th', title);
    cell.scope = 'col';
    cell.setAttribute('role', 'columnheader');
    if (kind === 'number') cell.className = kind;
  }
}

/** An empty row. The roles are said aloud, since narrow screens show rows as cards. */
function line(columns) {
  const tr = document.createElement('tr');
  tr.setAttribute('role', 'row');
  columns.forEach(({ title, kind = '' }, index) => {
    const cell = append(tr, index === 0 ? 'th' : 'td', '');
    cell.setAttribute('role', index === 0 ? 'rowheader' : 'cell');
    if (index === 0) cell.scope = 'row';
    cell.className = kind;
    if (index > 0 && kind !== 'action') cell.dataset.label = title;
  });
  return tr;
}

function fill(tr, columns, row, now) {
  columns.forEach(({ show }, index) => show(tr.children[index], row, now));
}

function showNow(stats) {
  const last = samples.at(-1) ?? { in: 0, out: 0, buffered: stats.bufferedBytes };
  set($('sessions'), count(stats.sessions));
  const closed = total(stats.totals.closed);
  set($('sessions-note'), count(stats.totals.opened) + ' opened, ' + count(closed) + ' closed');
  set($('in-flight'), count(stats.inFlight));
  set($('rate-in'), rate(last.in));
  set($('rate-out'), rate(last.out));
  set($('buffered'), bytes(stats.bufferedBytes));
  for (const name of ['refused', 'errors']) {
    set($(name), count(total(stats.totals[name])));
    set($(name + '-note'), most(stats.totals[name]));
  }
  const highest = (pick) => samples.reduce((peak, sample) => Math.max(peak, pick(sample)), 0);
  const peakRate = highest((sample) => Math.max(sample.in, sample.out));
  const peakBuffered = highest((sample) => sample.buffered);
  set($('rate-note'), 'peak ' + rate(peakRate) + ' in 2 min');
  set($('buffered-note'), 'peak ' + bytes(peakBuffered) + ' in 2 min');
  draw($('rate'), [samples.map((s) => s.in), samples.map((s) => s.out)], peakRate);
  draw($('buffer'), [samples.map((s) => s.buffered)], peakBuffered);
}

const total = (counters) => Object.values(counters).reduce((sum, number) => sum + number, 0);

/** The counter that counts most. */
function most(counters) {
  const [first] = Object.entries(counters).sort((a, b) => b[1] - a[1]);
  return first ? first[0] + ' ' + count(first[1]) : 'none';
}

/** Lines from the right edge, which is now; the first one has its area filled. */
function draw(svg, series, peak) {
  const paths = series.map((values) => {
    const y = (value) => (38 - (peak > 0 ? value / peak : 0) * 34).toFixed(1);
    return values.map((value, index) => (index ? 'L' : 'M') + (SAMPLES - values.length + index) + ' ' + y(value)).join('');
  });
  const [first = ''] = paths;
  const start = SAMPLES - series[0].length;
  const shapes = [['area', first && first + 'L119 40L' + start + ' 40Z'], ...paths.map((path, index) => [index ? 'second' : 'first', path])];
  shapes.forEach(([name, path], index) => {
    let element = svg.children[index];
    if (!element) {
      element = document.createElementNS(SVG, 'path');
      element.setAttribute('class', name);
      svg.append(element);
    }
    element.setAttribute('d', path);
  });
}
`;
