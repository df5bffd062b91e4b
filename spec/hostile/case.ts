/** Put into what is sent, to prove that nothing gives it back. */
export const CANARY = 'canary-4711';
/** Stands for the id of the session that the request is for. */
export const ID = '{id}';
/** What a body may have at most in these suites. */
export const BODY_LIMIT = 256 * 1024;

export type Bytes = string | Uint8Array;

/** What must come of a request. */
export type Verdict =
  /** A refusal by the error contract. */
  | { readonly refused: number; readonly code: number }
  /** The parser of node:http refuses, in its own words: one of these statuses and no body. */
  | { readonly node: readonly number[] }
  /** 202: the message is taken. */
  | 'accepted'
  /** 200: a stream that begins with its `endpoint` event. */
  | 'stream'
  /** 204: the answer to a preflight request. */
  | 'preflight'
  /** 404 of the application: the URL is none of ours. */
  | 'elsewhere'
  /** node:http closes the connection without a word. */
  | 'closed'
  /** The client is gone before an answer could reach it. */
  | 'unheard';

/** One request, as bytes, and what must come of it. */
export interface HostileCase {
  readonly name: string;
  /** What is written, in one go; `{id}` in a text is replaced. */
  readonly pieces: readonly Bytes[];
  readonly verdict: Verdict;
  /** What the parser of node:http may answer instead, by its version. */
  readonly orByNode?: number;
  /** What the client does behind the last piece; it stays unless told. */
  readonly then?: 'fin' | 'rst';
  /** Written in parts instead, each ending with this, as the server is to see them. */
  readonly cutBehind?: RegExp;
  /** The answer has a length and no body. */
  readonly head?: boolean;
}

export const refused = (status: number, code: number): Verdict => ({ refused: status, code });
export const byNode = (...statuses: number[]): Verdict => ({ node: statuses });

export const NO_JSON: Verdict = refused(400, -32700);
export const NO_MESSAGE: Verdict = refused(400, -32600);
export const BAD_HOST: Verdict = refused(403, -32600);
export const NO_SESSION: Verdict = refused(404, -32001);
export const BAD_METHOD: Verdict = refused(405, -32601);
export const NOT_ACCEPTED: Verdict = refused(406, -32600);
export const TOO_LARGE: Verdict = refused(413, -32600);
export const BAD_TYPE: Verdict = refused(415, -32600);
export const TOO_MANY: Verdict = refused(429, -32000);
