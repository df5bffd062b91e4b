/** The style sheet of the page. Its hash is in the page's Content-Security-Policy. */
export const STYLE = /* css */ `
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #fff; --line: #e3e6eb; --text: #16181d; --soft: #5b6472;
  --accent: #4f46e5; --in: #4f46e5; --out: #0b7a6f; --good: #15803d; --warn: #a16207; --bad: #b91c1c;
  --hover: #f1f3f7; --shadow: 0 1px 2px rgb(16 24 40 / 6%);
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0e1116; --card: #161a21; --line: #262c36; --text: #e8eaee; --soft: #9aa4b2;
    --accent: #8b8cf8; --in: #8b8cf8; --out: #2dd4bf; --good: #4ade80; --warn: #facc15; --bad: #f87171;
    --hover: #1c222b; --shadow: none;
  }
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
body {
  margin: 0 auto; max-width: 1280px; padding: 0 24px 48px;
  background: var(--page); color: var(--text);
  font: 14px/1.45 system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif;
  font-variant-numeric: tabular-nums;
}
h1 { font-size: 20px; letter-spacing: -0.01em; margin: 0; }
h2 { font-size: 15px; margin: 0; }
p { margin: 0; }
button, input, select {
  font: inherit; color: inherit; background: var(--card);
  border: 1px solid var(--line); border-radius: 8px; padding: 6px 10px; min-height: 34px;
}
button { cursor: pointer; font-weight: 500; }
button:hover { background: var(--hover); }
button[aria-pressed='true'] { border-color: var(--accent); color: var(--accent); }
button.danger { background: var(--bad); border-color: var(--bad); color: var(--card); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
::placeholder { color: var(--soft); opacity: 1; }
.unseen, .skip:not(:focus) {
  position: absolute; width: 1px; height: 1px; overflow: hidden;
  clip-path: inset(50%); white-space: nowrap;
}
.skip { position: absolute; left: 24px; top: 8px; padding: 8px; background: var(--card); color: var(--accent); }

header { display: flex; align-items: center; gap: 14px; padding: 22px 0 16px; }
header button { margin-left: auto; }
.link { color: var(--soft); display: flex; align-items: center; gap: 7px; }
.link::before { content: ''; width: 8px; height: 8px; border-radius: 50%; background: var(--warn); }
.link[data-state='live']::before { background: var(--good); }
.link[data-state='lost']::before { background: var(--bad); }

.tiles { display: grid; grid-template-columns: repeat(4, 1fr); gap: 12px; margin: 0; }
.tiles > div, table, .empty, #messages {
  background: var(--card); border: 1px solid var(--line); border-radius: 12px; box-shadow: var(--shadow);
}
.tiles > div { position: relative; padding: 14px 16px; overflow: hidden; }
.tiles .wide { grid-column: span 2; padding-bottom: 60px; }
dt, .note { color: var(--soft); font-size: 13px; }
dd { margin: 0; font-size: 24px; font-weight: 600; letter-spacing: -0.02em; }
dd.note { font-weight: 400; letter-spacing: 0; min-height: 19px; }
.wide dd.note { position: absolute; right: 16px; top: 14px; }
dd span { font-size: 14px; font-weight: 400; letter-spacing: 0; color: var(--soft); margin-right: 14px; }
dd b { font-size: 24px; font-weight: 600; letter-spacing: -0.02em; }
.in b { color: var(--in); }
.out b { color: var(--out); }
.chart { position: absolute; inset: auto 0 0; height: 48px; }
svg { display: block; width: 100%; height: 100%; }
path { fill: none; stroke: var(--in); stroke-width: 1.5; vector-effect: non-scaling-stroke; stroke-linejoin: round; }
path.second { stroke: var(--out); }
path.area { fill: var(--in); fill-opacity: 0.12; stroke: none; }

.bar { display: flex; flex-wrap: wrap; align-items: center; gap: 8px 14px; margin: 28px 0 10px; }
.bar .note { margin-right: auto; }
.bar label { color: var(--soft); font-size: 13px; }
.bar input, .bar select { color: var(--text); margin-left: 6px; }
.bar input { width: 240px; }

table { width: 100%; border-collapse: separate; border-spacing: 0; overflow: hidden; }
th { text-align: left; font-size: 12px; font-weight: 500; color: var(--soft); white-space: nowrap; }
th, td { padding: 9px 12px; border-bottom: 1px solid var(--line); }
tbody tr:last-child > * { border-bottom: 0; }
tbody tr:hover { background: var(--hover); }
tbody th { font-size: 14px; font-weight: 600; color: var(--text); white-space: normal; overflow-wrap: anywhere; }
tbody th small { display: block; font-size: 12px; font-weight: 400; color: var(--soft); }
.number { text-align: right; white-space: nowrap; }
td.hot { color: var(--warn); font-weight: 600; }
code { font: 12px/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
td button { min-height: 28px; padding: 2px 10px; }
td button:hover { border-color: var(--bad); color: var(--bad); }
.state::before { content: ''; display: inline-block; width: 7px; height: 7px; border-radius: 50%; margin-right: 7px; background: var(--good); }
.state[data-state='detached']::before { background: var(--warn); }
.state[data-state='closed']::before { background: var(--soft); }
.empty { padding: 28px; text-align: center; color: var(--soft); }
.bar + table:has(tbody:empty) { display: none; }

#messages { list-style: none; margin: 0; padding: 4px 0; max-height: 420px; overflow: auto; }
#messages li { display: grid; grid-template-columns: 64px 32px 200px 1fr; gap: 10px; padding: 5px 14px; }
#messages .to-in { color: var(--in); }
#messages .to-out { color: var(--out); }
#messages code { overflow-wrap: anywhere; }
#messages span { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
#messages time { color: var(--soft); }

dialog { border: 1px solid var(--line); border-radius: 14px; background: var(--card); color: var(--text); width: min(420px, 100% - 28px); padding: 20px 22px; }
dialog::backdrop { background: rgb(0 0 0 / 45%); }
dialog p { margin-top: 10px; overflow-wrap: anywhere; }
.buttons { display: flex; justify-content: flex-end; gap: 10px; margin-top: 18px; }

@media (max-width: 900px) {
  body { padding: 0 14px 32px; }
  .tiles { grid-template-columns: repeat(2, 1fr); gap: 10px; }
  .bar label { flex: 1 1 100%; display: flex; align-items: center; }
  .bar label > * { flex: 1; min-width: 0; }
  table, tbody { display: block; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  tbody tr { display: grid; grid-template-columns: repeat(4, 1fr); gap: 8px 10px; padding: 12px 14px; border-bottom: 1px solid var(--line); }
  tbody tr:last-child { border-bottom: 0; }
  tbody tr > *, tbody tr > .number { display: block; border: 0; padding: 0; text-align: left; }
  tbody th { grid-column: span 3; }
  tbody td { overflow-wrap: anywhere; }
  tbody td[data-label]::before { content: attr(data-label); display: block; font-size: 11px; color: var(--soft); font-weight: 400; }
  tbody tr > .state { text-align: right; }
  tbody td.state[data-label]::before { content: ''; display: inline-block; }
  #closed th, #closed th + td { grid-column: span 2; }
  tbody tr > .action { text-align: right; align-self: end; }
  td.action button { min-height: 32px; }
  #messages li { grid-template-columns: 64px 32px 1fr; }
  #messages code { grid-column: 1 / -1; }
}
@media (prefers-reduced-motion: no-preference) {
  tr.new { animation: arrive 1.2s ease-out; }
  @keyframes arrive { from { background: color-mix(in srgb, var(--accent) 22%, transparent); } }
}
`;
