// Numbers as people read them, and how text gets into the page.
'use strict';

/** @param {number} number */
const count = (number) => Math.round(number).toLocaleString('en');

/** @param {number} perSecond */
function rate(perSecond) {
  return perSecond > 0 && perSecond < 9.95 ? perSecond.toFixed(1) : count(perSecond);
}

/** @param {number} number */
function bytes(number) {
  const units = ['B', 'KiB', 'MiB', 'GiB'];
  let unit = 0;
  for (; number >= 1024 && unit < units.length - 1; unit += 1) number /= 1024;
  const whole = unit === 0 || number >= 100 || Number.isInteger(number);
  return `${whole ? Math.round(number) : number.toFixed(1)} ${units[unit]}`;
}

/** @param {number} milliseconds */
function time(milliseconds) {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d`;
}

/** @param {Record<string, number>} counters */
const total = (counters) => Object.values(counters).reduce((sum, number) => sum + number, 0);

/**
 * The counter with the highest count.
 *
 * @param {Record<string, number>} counters
 */
function most(counters) {
  const [first] = Object.entries(counters).sort((a, b) => b[1] - a[1]);
  return first ? `${first[0]} ${count(first[1])}` : 'none';
}

/**
 * The element with this id, which the page has.
 *
 * @param {string} id
 */
function $(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`the page has no #${id}`);
  return element;
}

/**
 * Shows text, never HTML: clients choose their names. Touches the page only where something has
 * changed.
 *
 * @param {Element} element
 * @param {string} text
 */
function set(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Element} parent
 * @param {Name} name
 * @param {string} text
 */
function append(parent, name, text = '') {
  const element = document.createElement(name);
  element.textContent = text;
  parent.append(element);
  return element;
}
