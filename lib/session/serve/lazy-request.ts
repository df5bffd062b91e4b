// A web-standard Request that is built on first access.
import type { RequestFacts } from '../request-facts.js';

/**
 * The web-standard `Request` that SDK v2 passes to tool handlers and factories, built on first
 * access: few handlers read it, and it costs as much as all other work for an incoming message.
 */
export function lazyRequest(facts: RequestFacts, method: 'GET' | 'POST' = 'POST'): Request {
  let built: Request | undefined;
  // An object with that prototype, not the prototype itself: `instanceof Request` must hold.
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
