/**
 * Renders what a tool has answered: JSON indented, Markdown as headings, code, lists and paragraphs.
 * Everything becomes a text node, so a tool cannot put markup into the page.
 */
export function render(text) {
  const json = parsed(text);
  if (json !== undefined) return [element('pre', indented(json))];
  return blocksOf(text).map(toElement);
}

export function indented(value) {
  return JSON.stringify(value, null, 2);
}

function parsed(text) {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Lines that belong together: a fenced block, a table, a list, a paragraph. */
function blocksOf(text) {
  const blocks = [];
  let fence = false;
  let open;
  for (const line of text.split('\n')) {
    const isFence = /^\s*```/.test(line);
    if (fence && !isFence) open.lines.push(line);
    else if (isFence) {
      fence = !fence;
      open = fence ? start(blocks, 'code') : undefined;
    } else if (line.trim() === '') open = undefined;
    else {
      const kind = kindOf(line);
      if (open?.kind !== kind || kind === 'heading') open = start(blocks, kind);
      open.lines.push(line);
    }
  }
  return blocks;
}

function start(blocks, kind) {
  const block = { kind, lines: [] };
  blocks.push(block);
  return block;
}

function kindOf(line) {
  if (/^(#+ |[\w/-]+\.md: )/.test(line)) return 'heading';
  if (line.startsWith('|')) return 'table';
  return /^\s*([-*]|\d+\.) /.test(line) ? 'list' : 'paragraph';
}

function toElement({ kind, lines }) {
  if (kind === 'heading') return inline(document.createElement('h4'), lines[0].replace(/^#+ /, ''));
  if (kind === 'code' || kind === 'table') return element('pre', lines.join('\n'));
  if (kind === 'paragraph') return inline(document.createElement('p'), lines.join(' '));
  const list = document.createElement('ul');
  for (const line of lines) {
    list.append(inline(document.createElement('li'), line.replace(/^\s*([-*]|\d+\.) /, '')));
  }
  return list;
}

/** Code, bold text, and links, of which the text remains. */
function inline(parent, text) {
  const plain = text.replace(/\[([^\]]*)\]\([^)\s]*\)/g, '$1');
  for (const part of plain.split(/(`[^`]+`|\*\*[^*]+\*\*)/)) {
    if (part.startsWith('`')) parent.append(element('code', part.slice(1, -1)));
    else if (part.startsWith('**')) parent.append(element('strong', part.slice(2, -2)));
    else parent.append(part);
  }
  return parent;
}

function element(name, text) {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}
