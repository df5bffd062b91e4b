// Finds out which protocol the upstream of a session speaks, and connects by it.
import type { JsonRpcRequest, JsonRpcResponse } from '../index.js';
import { failureOf, HopError, hopErrorOf } from './hop-error.js';
import type { KnownEra } from './known-era.js';
import { Relay } from './relay.js';
import { Translation } from './translation.js';
import type { Inbound, Surroundings, Upstream } from './upstream.js';

export class Opening {
  readonly #surroundings: Surroundings;
  readonly #era: KnownEra;
  #next: Upstream | undefined;
  #isClosed = false;

  constructor(surroundings: Surroundings, era: KnownEra) {
    this.#surroundings = surroundings;
    this.#era = era;
  }

  /** Closes the upstream that is connecting; then `connect` settles, too. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#next?.close();
  }

  /**
   * Returns the answer to `initialize`, and the upstream unless it has refused. Tries the client's
   * own protocol first, because it needs no translation, unless the upstream is known to be modern.
   *
   * @throws HopError (as a rejection)
   */
  async connect(
    initialize: Inbound<JsonRpcRequest>,
  ): Promise<[JsonRpcResponse, Upstream | undefined]> {
    const { era } = this.#surroundings.settings;
    if (era === 'modern' || (era === 'auto' && this.#era.isModern)) {
      try {
        return await this.#translate(initialize);
      } catch (error) {
        const { reason } = hopErrorOf(error);
        if (era === 'modern' || reason === 'unreachable' || reason === 'timeout') throw error;
        // The upstream has been replaced since its last session.
        this.#era.forget();
      }
    }
    return this.#relay(initialize);
  }

  async #relay(
    initialize: Inbound<JsonRpcRequest>,
  ): Promise<[JsonRpcResponse, Upstream | undefined]> {
    const { settings, report } = this.#surroundings;
    const relay = this.#begin(new Relay(this.#surroundings));
    let answer: JsonRpcResponse;
    let failed: HopError | undefined;
    try {
      answer = await relay.initialize(initialize);
    } catch (error) {
      failed = hopErrorOf(error);
      const { reason, status = 0 } = failed;
      const isOfTheProtocol =
        reason === 'refused' && ![401, 403, 429].includes(status) && status < 500;
      if (!isOfTheProtocol) throw failed;
      answer = failureOf(initialize.message.id, failed);
    }
    const serves = 'result' in answer;
    const mayBeModern = settings.era === 'auto' && !this.#era.isLegacy;
    if (mayBeModern && !(serves && relay.hasSession)) {
      const translated = await this.#translate(initialize).catch(() => undefined);
      if (translated) {
        await relay.close();
        return translated;
      }
      if (serves) this.#era.learnLegacy();
    }
    if (!serves) await relay.close();
    if (failed) throw failed;
    report.changed({ era: 'legacy' });
    return [answer, serves ? relay : undefined];
  }

  /** @throws HopError `session-closed` */
  #begin<T extends Upstream>(next: T): T {
    if (this.#isClosed) throw new HopError('session-closed', 'The session has ended');
    this.#next = next;
    return next;
  }

  async #translate(initialize: Inbound<JsonRpcRequest>): Promise<[JsonRpcResponse, Upstream]> {
    const translation = this.#begin(new Translation(this.#surroundings));
    try {
      const result = await translation.initialize(initialize);
      this.#era.learnModern();
      return [{ jsonrpc: '2.0', id: initialize.message.id, result }, translation];
    } catch (error) {
      await translation.close();
      throw hopErrorOf(error);
    }
  }
}
