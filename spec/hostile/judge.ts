import { answersIn, type RawAnswer } from './answers.js';
import { CANARY, type HostileCase, type Verdict } from './case.js';

/** The codes of JSON-RPC that belong to a status, by the error contract of the transport. */
const CODES: Readonly<Record<number, readonly number[]>> = {
  400: [-32700, -32600],
  403: [-32600],
  404: [-32001],
  405: [-32601],
  406: [-32600],
  413: [-32600],
  415: [-32600],
  429: [-32000],
  503: [-32000],
};
/** What the parser of node:http answers by itself: a head, and the end of the connection. */
const OF_NODE = [400, 408, 413, 417, 431];

/** What is wrong with the first answer to `hostile`; undefined when all is well. */
export function faultOf(hostile: HostileCase, received: string): string | undefined {
  if (received.includes(CANARY)) return `gives back what was sent: ${received}`;
  if (hostile.verdict === 'unheard') return undefined;
  const [answer] = answersIn(received, hostile.head);
  if (hostile.verdict === 'closed') return answer && `was answered: ${received}`;
  if (!answer?.whole) return `has no whole answer: ${JSON.stringify(received)}`;
  if (answer.status === hostile.orByNode && isOfNode(answer)) return undefined;
  const verdict = verdictOf(answer, hostile.head);
  const wanted = JSON.stringify(hostile.verdict);
  const got = JSON.stringify(verdict);
  const { verdict: expected } = hostile;
  if (typeof expected === 'object' && 'node' in expected) {
    const fits = expected.node.includes(answer.status) && isOfNode(answer);
    return fits ? undefined : `is to be ${wanted}, and was ${got}: ${JSON.stringify(received)}`;
  }
  return got === wanted
    ? undefined
    : `is to be ${wanted}, and was ${got}: ${JSON.stringify(received)}`;
}

/** What is wrong with an answer to a request of which nothing is known. */
export function contractFaultOf(answer: RawAnswer): string | undefined {
  const verdict = verdictOf(answer);
  return verdict === undefined ? `breaks the contract: ${JSON.stringify(answer)}` : undefined;
}

/** What has come of a request, if that is something the contract knows. */
function verdictOf(answer: RawAnswer, bodiless = false): Verdict | undefined {
  const { status, headers, body } = answer;
  const type = headers['content-type'];
  if (type === 'application/json') return refusalOf(answer, bodiless);
  if (status === 200) return isStream(answer) ? 'stream' : undefined;
  if (status === 202) {
    return type === undefined && headers['content-length'] === '0' && body === ''
      ? 'accepted'
      : undefined;
  }
  if (status === 204) return body === '' ? 'preflight' : undefined;
  if (status === 404) return 'elsewhere';
  return isOfNode(answer) ? { node: [status] } : undefined;
}

function refusalOf({ status, headers, body }: RawAnswer, bodiless: boolean): Verdict | undefined {
  const code = bodiless ? CODES[status]?.[0] : codeIn(body);
  if (code === undefined || CODES[status]?.includes(code) !== true) return undefined;
  const has = (name: string): boolean => headers[name] !== undefined;
  const wellKept = headers['cache-control'] === 'no-store' && has('content-length');
  const complete =
    has('allow') === (status === 405) && has('retry-after') === (status === 429 || status === 503);
  return wellKept && complete ? { refused: status, code } : undefined;
}

/** The code of a refusal that says nothing but that code and a message of its own. */
function codeIn(body: string): number | undefined {
  const shape =
    /^\{"jsonrpc":"2\.0","id":null,"error":\{"code":(-\d+),"message":"(?:[^"\\]|\\")+"\}\}$/;
  const [, code] = shape.exec(body) ?? [];
  return code === undefined ? undefined : Number(code);
}

function isStream({ headers, body }: RawAnswer): boolean {
  const first = body.replace(/^[\da-f]+\r\n/i, '');
  return (
    headers['content-type'] === 'text/event-stream; charset=utf-8' &&
    headers['cache-control'] === 'no-cache, no-transform' &&
    /^(?:id: \S+\n)?event: (?:endpoint|message)\n(?:retry: \d+\n)?data: /.test(first)
  );
}

function isOfNode({ status, headers, body }: RawAnswer): boolean {
  const bare = headers['content-type'] === undefined && body === '';
  return OF_NODE.includes(status) && bare && (status === 417 || headers.connection === 'close');
}
