import { SCRIPT } from './script.js';
import { STYLE } from './style.js';

/** Two streams, as on the page itself. */
const ICON =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E" +
  "%3Crect width='16' height='16' rx='4' fill='%234f46e5'/%3E" +
  "%3Cpath d='M3 10l3-5 3 6 2-4h2' fill='none' stroke='white' stroke-width='1.6' " +
  "stroke-linecap='round' stroke-linejoin='round'/%3E%3C/svg%3E";

const BODY = /* html */ `
<a class="skip" href="#filter">Skip to the sessions</a>
<header>
  <h1>MCP sessions</h1>
  <p id="link" class="link" data-state="connecting">Connecting</p>
  <button id="pause" type="button" aria-pressed="false">Pause</button>
</header>
<p id="announce" class="unseen" role="status"></p>

<main>
  <section aria-labelledby="now">
    <h2 id="now" class="unseen">Now</h2>
    <dl class="tiles">
      <div><dt>Sessions</dt><dd id="sessions">–</dd><dd id="sessions-note" class="note"></dd></div>
      <div><dt>In flight</dt><dd id="in-flight">–</dd><dd class="note">running requests</dd></div>
      <div><dt>Refused</dt><dd id="refused">–</dd><dd id="refused-note" class="note"></dd></div>
      <div><dt>Errors</dt><dd id="errors">–</dd><dd id="errors-note" class="note"></dd></div>
      <div class="wide">
        <dt>Messages per second</dt>
        <dd><span class="in"><b id="rate-in">–</b> in</span> <span class="out"><b id="rate-out">–</b> out</span></dd>
        <dd id="rate-note" class="note"></dd>
        <dd class="chart"><svg id="rate" viewBox="0 0 119 40" preserveAspectRatio="none" aria-hidden="true"></svg></dd>
      </div>
      <div class="wide">
        <dt>Buffered</dt><dd id="buffered">–</dd>
        <dd id="buffered-note" class="note"></dd>
        <dd class="chart"><svg id="buffer" viewBox="0 0 119 40" preserveAspectRatio="none" aria-hidden="true"></svg></dd>
      </div>
    </dl>
  </section>

  <section aria-labelledby="open-title">
    <div class="bar">
      <h2 id="open-title" tabindex="-1">Open sessions</h2>
      <p id="shown" class="note"></p>
      <label>Filter <input id="filter" type="search" placeholder="client, state, user, session" autocomplete="off" spellcheck="false" maxlength="200"></label>
      <label>Order
        <select id="order">
          <option value="newest">newest first</option>
          <option value="active">last active first</option>
          <option value="busiest">most messages first</option>
          <option value="buffered">most buffered first</option>
        </select>
      </label>
    </div>
    <table role="table" aria-labelledby="open-title">
      <thead role="rowgroup"><tr id="open-head" role="row"></tr></thead>
      <tbody id="open" role="rowgroup"></tbody>
    </table>
    <p id="none" class="empty" hidden></p>
  </section>

  <section aria-labelledby="closed-title">
    <div class="bar"><h2 id="closed-title">Closed lately</h2></div>
    <table role="table" aria-labelledby="closed-title">
      <thead role="rowgroup"><tr id="closed-head" role="row"></tr></thead>
      <tbody id="closed" role="rowgroup"></tbody>
    </table>
    <p id="none-closed" class="empty">None since this dashboard was started.</p>
  </section>

  <section id="messages-part" aria-labelledby="messages-title" hidden>
    <div class="bar">
      <h2 id="messages-title">Messages</h2>
      <p class="note">the last 50, newest first; each cut off after 500 characters</p>
    </div>
    <ol id="messages" tabindex="0" aria-labelledby="messages-title"></ol>
  </section>
</main>

<dialog id="confirm" aria-labelledby="confirm-title" aria-describedby="confirm-text">
  <form method="dialog">
    <h2 id="confirm-title">Close this session?</h2>
    <p id="confirm-text"></p>
    <p class="buttons">
      <button value="no" autofocus>Keep it</button>
      <button value="yes" class="danger">Close it</button>
    </p>
  </form>
</dialog>
<noscript><p class="empty">This page needs JavaScript.</p></noscript>
`;

const HEAD = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>MCP sessions</title>
<link rel="icon" href="${ICON}">
<style>${STYLE}</style>
</head>
<body>`;

const END = `<script>${SCRIPT}</script>
</body>
</html>
`;

/** The whole page: it loads nothing but its own events. */
export const PAGE: string = HEAD + BODY + END;
