import { McpClient } from './mcp-client.js';

const $ = (id) => document.getElementById(id);
const KEPT = 200;
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
  for (const [name, { type, default: preset }] of Object.entries(properties)) {
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
    showResult(result.content.map(({ text, type }) => text ?? `(${type})`).join('\n'));
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

function showResult(text) {
  $('result').textContent = text;
  $('result').hidden = $('result-title').hidden = false;
}

function log(direction, text) {
  const line = document.createElement('li');
  line.className = direction;
  const mark = document.createElement('b');
  mark.textContent = direction === 'in' ? '←' : '→';
  const words = document.createElement('span');
  words.textContent = text.length > 600 ? `${text.slice(0, 600)}…` : text;
  line.append(mark, words);
  const list = $('wire');
  list.append(line);
  if (list.children.length > KEPT) list.firstElementChild.remove();
  list.hidden = false;
  $('quiet').hidden = true;
  list.scrollTop = list.scrollHeight;
}
