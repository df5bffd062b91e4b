// A web-standard Request that is built when it is read.
import type { RequestFacts } from '../request-facts.js';

/**
 * The web-standard `Request` that the v2 SDK gives its tool handlers and factories, built when one is looked
 * at: few handlers do, and building it costs as much as the rest of a message's way in.
 */
export function lazyRequest(facts: RequestFacts, method: 'GET' | 'POST' = 'POST'): Request {
  let built: Request | undefined;
  // An object of that prototype, not the prototype itself: it is to be an instance of Request.
  return new Proxy(Object.create(Request.prototype) as Request, {
    get(_, key) {
      built ??= new Request(facts.url, { method, headers: headersOf(facts) });
      const value: unknown = Reflect.get(built, key, built);
      return typeof value === 'function' ? (value.bind(built) as unknown) : value;
    },
  });
}

function headersOf({ headers }: RequestFacts): Headers {
  const list = new Headers();
  for (const [name, value] of Object.entries(headers)) {
    for (const one of [value ?? []].flat()) list.append(name, one);
  }
  return list;
}
