/** A client of MCP over HTTP+SSE, as small as it gets. */
export class McpClient {
  #source;
  #endpoint;
  #url;
  #nextId = 1;
  #waiting = new Map();

  /** `onState('on' | 'lost' | 'off')`, `onTraffic('in' | 'out', text)`, `onNotification(message)`. */
  constructor(url, { onState, onTraffic, onNotification }) {
    this.#url = new URL(url, location.href);
    this.onState = onState;
    this.onTraffic = onTraffic;
    this.onNotification = onNotification;
  }

  /** Opens the stream and goes through the handshake. Resolves to the server's name. */
  async connect() {
    this.#source = new EventSource(this.#url);
    await new Promise((resolve, reject) => {
      // The first event says where to POST. A reconnect brings another, and the session goes on.
      this.#source.addEventListener('endpoint', ({ data }) => {
        this.onTraffic('in', `endpoint ${data}`);
        this.#endpoint = new URL(data, this.#url);
        this.onState('on');
        resolve();
      });
      this.#source.addEventListener('message', ({ data }) => this.#receive(data));
      this.#source.onerror = () => {
        // EventSource tries again by itself, unless it was refused.
        const refused = this.#source.readyState === EventSource.CLOSED;
        this.onState(refused ? 'off' : 'lost');
        if (!refused) return;
        const error = new Error('The server has refused the stream, or the session is over.');
        reject(error);
        for (const { reject } of this.#waiting.values()) reject(error);
      };
    });
    const clientInfo = { name: 'demo-page', title: 'The demo page', version: '1.0.0' };
    const { serverInfo } = await this.request('initialize', {
      protocolVersion: '2025-06-18',
      capabilities: {},
      clientInfo,
    });
    await this.notify('notifications/initialized');
    return serverInfo.name;
  }

  /** Resolves with the result. `onProgress` is told of the progress of the call. */
  async request(method, params = {}, { onProgress, signal } = {}) {
    const id = this.#nextId++;
    const _meta = onProgress && { progressToken: id };
    const answered = new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject, onProgress });
      signal?.addEventListener('abort', () => {
        this.#waiting.delete(id);
        void this.notify('notifications/cancelled', { requestId: id });
        reject(new Error('Cancelled.'));
      });
    });
    answered.catch(() => {});
    await this.#post({ jsonrpc: '2.0', id, method, params: _meta ? { ...params, _meta } : params });
    return answered;
  }

  notify(method, params) {
    return this.#post({ jsonrpc: '2.0', method, ...(params && { params }) });
  }

  close() {
    this.#source?.close();
    this.onState('off');
  }

  async #post(message) {
    const body = JSON.stringify(message);
    this.onTraffic('out', body);
    const headers = { 'Content-Type': 'application/json' };
    const answer = await fetch(this.#endpoint, { method: 'POST', headers, body });
    if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`);
  }

  #receive(data) {
    this.onTraffic('in', data);
    const message = JSON.parse(data);
    if (message.method === 'notifications/progress') {
      this.#waiting.get(message.params.progressToken)?.onProgress?.(message.params);
    }
    if (message.method === 'ping') void this.#post({ jsonrpc: '2.0', id: message.id, result: {} });
    else if (message.method) this.onNotification(message);
    else this.#settle(message);
  }

  #settle({ id, result, error }) {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error) waiting?.reject(new Error(error.message));
    else waiting?.resolve(result);
  }
}
