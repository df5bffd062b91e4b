import { McpClient } from './mcp-client.js';
import { indented, render } from './rendering.js';

const $ = (id) => document.getElementById(id);
const KEPT = 200;
/** Characters of one message. */
const SHOWN = 4000;
const STATES = { on: 'Connected', lost: 'Stream lost, coming back', off: 'Not connected' };

let client;
let tools = [];
let call;

$('url').textContent = new URL('sse', location.href).href;
$('connect').addEventListener('click', () => (client ? disconnect() : connect()));
$('tool').addEventListener('change', showTool);
$('form').addEventListener('submit', (event) => {
  event.preventDefault();
  void callTool();
});
$('cancel').addEventListener('click', () => call?.abort());
void connect();

async function connect() {
  client = new McpClient('sse', { onState: showState, onTraffic: log, onNotification: () => {} });
  $('connect').textContent = 'Disconnect';
  $('connect').className = '';
  try {
    await client.connect();
    ({ tools } = await client.request('tools/list'));
    $('tool').replaceChildren(...tools.map(({ name }) => new Option(name)));
    $('form').hidden = false;
    showTool();
  } catch (error) {
    showResult(error.message);
    disconnect();
  }
}

function disconnect() {
  client?.close();
  client = undefined;
  $('connect').textContent = 'Connect';
  $('connect').className = 'main';
  $('form').hidden = true;
}

function showState(state) {
  $('state').textContent = STATES[state];
  $('state').dataset.state = state;
}

/** One field for each argument. */
function showTool() {
  const { description, inputSchema } = tool();
  const { properties = {}, required = [] } = inputSchema;
  $('description').textContent = description ?? '';
  $('fields').replaceChildren();
  for (const [name, { type, default: byDefault, examples = [] }] of Object.entries(properties)) {
    const preset = byDefault ?? examples[0];
    const label = document.createElement('label');
    label.htmlFor = `argument-${name}`;
    label.textContent = required.includes(name) ? name : `${name} (optional)`;
    const input = document.createElement('input');
    Object.assign(input, { id: label.htmlFor, name, value: preset ?? '' });
    if (type === 'integer' || type === 'number') input.type = 'number';
    input.required = required.includes(name) && preset === undefined;
    $('fields').append(label, input);
  }
}

const tool = () => tools.find(({ name }) => name === $('tool').value);

function typedArguments() {
  const inputs = [...$('fields').querySelectorAll('input')].filter(({ value }) => value !== '');
  const valueOf = (input) => (input.type === 'number' ? input.valueAsNumber : input.value);
  return Object.fromEntries(inputs.map((input) => [input.name, valueOf(input)]));
}

async function callTool() {
  call = new AbortController();
  running(true);
  $('progress').removeAttribute('value');
  try {
    const params = { name: tool().name, arguments: typedArguments() };
    const onProgress = ({ progress, total }) =>
      Object.assign($('progress'), { max: total, value: progress });
    const result = await client.request('tools/call', params, { onProgress, signal: call.signal });
    showResult(result.content.map(({ text, type }) => text ?? `(${type})`).join('\n\n'));
  } catch (error) {
    showResult(error.message);
  } finally {
    running(false);
  }
}

function running(is) {
  $('call').disabled = is;
  $('cancel').hidden = !is;
  $('progress').hidden = !is;
}

/** Scrolls no more than it must for the result to be in view. */
function showResult(text) {
  $('result').replaceChildren(...render(text));
  $('result').hidden = $('result-title').hidden = false;
  $('result').scrollTop = 0;
  $('answer').scrollIntoView({ block: 'nearest' });
}

/** One message: what it is, and all of it for those who open it. */
function log(direction, text) {
  const { title, body } = outline(text);
  const line = document.createElement('li');
  line.className = direction;
  const details = document.createElement('details');
  const summary = document.createElement('summary');
  const mark = document.createElement('b');
  mark.textContent = direction === 'in' ? '← ' : '→ ';
  summary.append(mark, title);
  const whole = document.createElement('pre');
  whole.textContent = body.length > SHOWN ? `${body.slice(0, SHOWN)}…` : body;
  details.append(summary, whole);
  line.append(details);
  const list = $('wire');
  list.append(line);
  if (list.children.length > KEPT) list.firstElementChild.remove();
  list.hidden = false;
  $('quiet').hidden = true;
  list.scrollTop = list.scrollHeight;
}

/** What a message is in one line, and the whole of it, indented. */
function outline(text) {
  if (!text.startsWith('{')) return { title: text.split(' ')[0], body: text };
  const message = JSON.parse(text);
  const { id, method, error } = message;
  const kind = method ?? (error ? `error: ${error.message}` : 'result');
  return { title: id === undefined ? kind : `${kind} (id ${id})`, body: indented(message) };
}
