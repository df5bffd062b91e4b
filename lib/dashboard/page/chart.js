// Curves of the last two minutes, with their axes.
'use strict';

const SVG = 'http://www.w3.org/2000/svg';
/** One sample a second. */
const SAMPLES = 120;
const HEIGHT = 40;
/** Where the latest sample is: at the right edge. */
const NOW = SAMPLES - 1;

/** Lines from the right edge, which is now; the area under the first one is filled. */
class Chart {
  #highest;
  #lowest;
  #area;
  #lines;
  #label;
  #steps;

  /**
   * @param {Element} parent
   * @param {object} axis
   * @param {number} axis.lines
   * @param {(value: number) => string} axis.label
   * @param {(peak: number) => number} axis.top a round number that is not below the peak
   */
  constructor(parent, { lines, label, top }) {
    this.#label = label;
    this.#steps = top;
    this.#highest = append(parent, 'span');
    this.#highest.className = 'highest';
    this.#lowest = append(parent, 'span');
    this.#lowest.className = 'lowest';
    const svg = document.createElementNS(SVG, 'svg');
    svg.setAttribute('viewBox', `0 0 ${NOW} ${HEIGHT}`);
    svg.setAttribute('preserveAspectRatio', 'none');
    parent.append(svg);
    const [middle, ...frame] = [
      `M0 ${HEIGHT / 2}H${NOW}M${NOW / 2} 0V${HEIGHT}`,
      `M0 0H${NOW}M0 ${HEIGHT}H${NOW}`,
    ];
    path(svg, 'grid faint').setAttribute('d', middle);
    path(svg, 'grid').setAttribute('d', frame.join(''));
    this.#area = path(svg, 'area');
    this.#lines = Array.from({ length: lines }, (_, index) => path(svg, `line line-${index}`));
    for (const when of ['2 min ago', '1 min ago', 'now']) append(parent, 'span', when);
  }

  /**
   * @param {number[][]} series values of one second each, the latest last
   * @param {number} peak the highest of them
   */
  draw(series, peak) {
    const top = this.#steps(peak);
    set(this.#highest, this.#label(top));
    set(this.#lowest, this.#label(0));
    series.forEach((values, index) => {
      const start = SAMPLES - values.length;
      const points = values.map(
        (value, second) => `${start + second} ${(HEIGHT - (value / top) * HEIGHT).toFixed(1)}`,
      );
      const line = points.length > 0 ? `M${points.join('L')}` : '';
      this.#lines[index].setAttribute('d', line);
      const end = `L${NOW} ${HEIGHT}L${start} ${HEIGHT}Z`;
      if (index === 0) this.#area.setAttribute('d', line && line + end);
    });
  }
}

/**
 * The next of 1, 2, 5, 10, 20, 50 and so on.
 *
 * @param {number} peak
 */
function roundAbove(peak) {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, peak)));
  return power * ([1, 2, 5].find((step) => step * power >= peak) ?? 10);
}

/**
 * The next power of two, of at least a KiB.
 *
 * @param {number} peak
 */
function roundBytesAbove(peak) {
  return 2 ** Math.ceil(Math.log2(Math.max(1024, peak)));
}

/**
 * @param {Element} svg
 * @param {string} name
 */
function path(svg, name) {
  const element = document.createElementNS(SVG, 'path');
  element.setAttribute('class', name);
  svg.append(element);
  return element;
}
