// Sentry, with spans of every request.
import * as Sentry from '@sentry/node';

let spans = 0;
Sentry.init({ dsn: 'http://world@127.0.0.1:9/1', tracesSampleRate: 1 });
Sentry.getClient().on('spanEnd', () => (spans += 1));
globalThis.agentSpans = () => spans;
