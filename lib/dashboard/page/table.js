// A table that changes in place: rows have keys, and heads sort.
'use strict';

/**
 * @template Shown
 * @typedef {object} Column
 * @property {string} title
 * @property {string} [sort] what the server calls it; without one the head does not sort
 * @property {boolean} [largestFirst] the direction of the first press
 * @property {'number' | 'state' | 'upstream' | 'action'} [kind]
 * @property {(cell: HTMLElement, row: Shown, now: number) => void} show
 */

/**
 * @typedef {object} Sorting
 * @property {string} column
 * @property {boolean} descending
 */

/** @template {{ key: number }} Shown */
class Table {
  #head;
  #body;
  #onSort;
  /** @type {Map<number, HTMLTableRowElement>} */
  #rows = new Map();
  /** @type {Column<Shown>[]} */
  #columns = [];

  /**
   * @param {string} id of the body; its head has the same with `-head`
   * @param {(column: Column<Shown>) => void} [onSort] a head was pressed
   */
  constructor(id, onSort) {
    this.#head = $(`${id}-head`);
    this.#body = $(id);
    this.#onSort = onSort;
  }

  get size() {
    return this.#rows.size;
  }

  /**
   * Begins anew with other columns.
   *
   * @param {Column<Shown>[]} columns
   */
  setColumns(columns) {
    if (columns === this.#columns) return;
    this.#columns = columns;
    this.clear();
    this.#head.replaceChildren();
    for (const column of columns) {
      const cell = append(this.#head, 'th');
      cell.scope = 'col';
      cell.setAttribute('role', 'columnheader');
      cell.className = column.kind ?? '';
      if (column.sort) {
        const button = append(cell, 'button', column.title);
        button.type = 'button';
        button.addEventListener('click', () => this.#onSort?.(column));
      } else set(cell, column.title);
    }
  }

  clear() {
    this.#body.replaceChildren();
    this.#rows.clear();
  }

  /**
   * Says which head sorts, to eyes and to screen readers.
   *
   * @param {Sorting} sorting
   */
  showSorting({ column, descending }) {
    this.#columns.forEach(({ sort }, index) => {
      const cell = this.#head.children[index];
      if (sort === undefined || sort !== column) cell.removeAttribute('aria-sort');
      else cell.setAttribute('aria-sort', descending ? 'descending' : 'ascending');
    });
  }

  /**
   * Shows these rows in this order, and no others. Moves no more of them than it must, since a
   * move loses the focus.
   *
   * @param {number[]} order
   * @param {object} on
   * @param {() => void} [on.focusLost] the row that had the focus is gone
   * @param {boolean} [on.highlight] whether rows that come in stand out for a moment
   */
  arrange(order, { focusLost, highlight = false } = {}) {
    const wanted = new Set(order);
    for (const [key, tr] of this.#rows) {
      if (wanted.has(key)) continue;
      if (tr.contains(document.activeElement)) focusLost?.();
      tr.remove();
      this.#rows.delete(key);
    }
    const focused = document.activeElement;
    let next = this.#body.firstElementChild;
    for (const key of order) {
      const tr = this.#rows.get(key) ?? this.#add(key, highlight);
      if (tr === next) next = next.nextElementSibling;
      else this.#body.insertBefore(tr, next);
    }
    if (document.activeElement !== focused && focused instanceof HTMLElement) focused.focus();
  }

  /**
   * Fills all rows: ages change even where nothing else does.
   *
   * @param {ReadonlyMap<number, Shown>} facts
   * @param {number} now
   */
  fill(facts, now) {
    for (const [key, tr] of this.#rows) {
      const row = facts.get(key);
      if (!row) continue;
      this.#columns.forEach(({ show }, index) => {
        show(/** @type {HTMLElement} */ (tr.children[index]), row, now);
      });
    }
  }

  /**
   * An empty row. Roles are set here, since narrow screens show rows as cards, which takes them
   * away from tables.
   *
   * @param {number} key
   * @param {boolean} highlight
   */
  #add(key, highlight) {
    const tr = document.createElement('tr');
    tr.setAttribute('role', 'row');
    tr.classList.toggle('new', highlight);
    this.#columns.forEach(({ title, kind = '' }, index) => {
      const cell = append(tr, index === 0 ? 'th' : 'td');
      cell.setAttribute('role', index === 0 ? 'rowheader' : 'cell');
      if (index === 0) cell.scope = 'row';
      cell.className = kind;
      if (index > 0 && kind !== 'action') cell.dataset.label = title;
    });
    this.#rows.set(key, tr);
    return tr;
  }
}
