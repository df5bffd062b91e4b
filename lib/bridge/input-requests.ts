// Answers the requests for input that a result of 2026-07-28 may carry.
import { ProtocolError, type InputRequiredResult } from '@modelcontextprotocol/client';

import { isRecord } from '../util/guards.js';
import { pause } from '../util/promises.js';
import { randomText } from '../util/random-text.js';
import { HopError } from './hop-error.js';
import type { Surroundings } from './upstream.js';

/** The same as in the SDK's own client. */
const MAX_ROUNDS = 10;
/** Milliseconds before a request is repeated if the upstream wants a retry, but no input. */
const PAUSE_MS = 250;

type Params = Record<string, unknown>;

/** What a repeated request carries besides its params. */
interface Inputs {
  inputResponses?: Params;
  requestState?: string;
}

/**
 * Makes a request by `attempt`. As long as the upstream asks for input, gets it from the session's
 * client and repeats the request with the answers.
 *
 * @throws ProtocolError when the client answers with an error, with which the request then fails
 */
export async function answerInputs(
  surroundings: Surroundings,
  signal: AbortSignal,
  attempt: (inputs?: Inputs) => Promise<Params | InputRequiredResult>,
): Promise<Params> {
  let result = await attempt();
  for (let round = 1; isAsking(result); round += 1) {
    if (round > MAX_ROUNDS) {
      throw new HopError('invalid-answer', `The upstream asked for input ${MAX_ROUNDS} times`);
    }
    const { inputRequests = {}, requestState } = result;
    const entries = Object.entries(inputRequests);
    if (entries.length === 0) await pauseUnlessAborted(signal);
    const answers = await askAll(surroundings, signal, entries);
    result = await attempt({
      ...(entries.length > 0 && { inputResponses: answers }),
      ...(requestState !== undefined && { requestState }),
    });
  }
  return result;
}

const isAsking = (result: Params | InputRequiredResult): result is InputRequiredResult =>
  result.resultType === 'input_required';

async function askAll(
  { calls, report }: Surroundings,
  signal: AbortSignal,
  entries: [string, unknown][],
): Promise<Params> {
  /** Names the requests of this round. */
  const round = {};
  const cancel = (): void => calls.cancelAll(round);
  let leave: () => void = cancel;
  const left = new Promise<never>((_, reject) => {
    leave = () => {
      cancel();
      reject(new HopError('closed', 'The request was cancelled'));
    };
  });
  signal.addEventListener('abort', leave, { once: true });
  try {
    const answers = entries.map(async ([key, entry]): Promise<[string, unknown]> => {
      const request = isRecord(entry) ? entry : {};
      const { method, params } = request;
      if (typeof method !== 'string') {
        throw new HopError('invalid-answer', 'The upstream asked for input without a method');
      }
      report.count('clientRequests');
      const message = {
        jsonrpc: '2.0' as const,
        id: key,
        method,
        ...(isRecord(params) && { params: withElicitationId(params) }),
      };
      return new Promise((resolve, reject) => {
        calls.ask(message, round, (answer) => {
          if ('result' in answer) resolve([key, answer.result]);
          else {
            const { code, message: text, data } = answer.error;
            reject(new ProtocolError(code, text, data));
          }
        });
      });
    });
    return Object.fromEntries(await Promise.race([Promise.all(answers), left]));
  } finally {
    signal.removeEventListener('abort', leave);
    // After the first failure, the other answers are useless.
    cancel();
  }
}

/** [spec] 2025-11-25 requires an `elicitationId` in URL elicitations; 2026-07-28 has none. */
const withElicitationId = (params: Params): Params =>
  params.mode === 'url' ? { elicitationId: randomText(12), ...params } : params;

async function pauseUnlessAborted(signal: AbortSignal): Promise<void> {
  await pause(PAUSE_MS);
  if (signal.aborted) throw new HopError('closed', 'The request was cancelled');
}
