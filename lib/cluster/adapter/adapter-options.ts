// Checks the options that adapters share.
import { McpSseError } from '../../errors.js';
import { nearest } from '../../util/spelling.js';

/**
 * Refuses options that an adapter does not know.
 *
 * @param adapter its factory's name, for the message
 * @throws McpSseError `invalid-option`, with the likely name if one is similar
 */
export function checkOptionNames(
  adapter: string,
  options: unknown,
  known: readonly string[],
): void {
  if (typeof options !== 'object' || options === null) {
    throw new McpSseError('invalid-option', `${adapter}: options must be an object.`);
  }
  const unknown = Object.keys(options).filter((name) => !known.includes(name));
  if (unknown.length === 0) return;
  const lines = unknown.map((name) => {
    const meant = nearest(name, known);
    return `unknown option ${name}` + (meant ? `: did you mean ${meant}?` : '');
  });
  throw new McpSseError('invalid-option', `${adapter}: ${lines.join('; ')}`);
}
