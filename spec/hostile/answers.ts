/** One answer, as it came. */
export interface RawAnswer {
  readonly status: number;
  /** By their names in small letters. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Whether all of it is here: a stream is once its first event is. */
  readonly whole: boolean;
}

const HEAD = /^HTTP\/1\.1 (\d{3})[^\r\n]*\r\n((?:[^\r\n]+\r\n)*)\r\n/;

/** The answers in what a connection has received so far; `100 Continue` is none. */
export function answersIn(received: string, bodiless = false): RawAnswer[] {
  const answers: RawAnswer[] = [];
  let rest = received;
  for (let found = HEAD.exec(rest); found; found = HEAD.exec(rest)) {
    const [text, status = '', lines = ''] = found;
    rest = rest.slice(text.length);
    if (status.startsWith('1')) continue;
    const headers = headersIn(lines);
    const isStream = headers['content-type']?.startsWith('text/event-stream') === true;
    const length = isStream ? rest.length : Number(headers['content-length'] ?? 0);
    const body = bodiless ? '' : rest.slice(0, length);
    const whole = isStream ? body.includes('event: endpoint') : bodiless || body.length === length;
    answers.push({ status: Number(status), headers, body, whole });
    rest = rest.slice(body.length);
  }
  return answers;
}

function headersIn(lines: string): Record<string, string> {
  const pairs = lines.split('\r\n').map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  return Object.fromEntries(pairs) as Record<string, string>;
}
