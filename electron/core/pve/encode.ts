import { fail } from '#shared/contract/errors';

export type Params = Record<string, string | number | boolean | undefined>;

/**
 * Form and query text. Spaces are `%20`, booleans 1/0, and `;` is `%3B`: left as it is, it would
 * separate parameters.
 */
export function encodeParams(params: Params): string {
  return Object.entries(params)
    .filter((pair): pair is [string, string | number | boolean] => pair[1] !== undefined)
    .map(([name, value]) => {
      const text = typeof value === 'boolean' ? String(Number(value)) : String(value);
      return `${encodeURIComponent(name)}=${encodeURIComponent(text)}`;
    })
    .join('&');
}

/**
 * A path below /api2/json with everything encoded that may not stand in one; `%` is taken as
 * already encoded.
 * @throws Failure INVALID_INPUT for a path that climbs
 */
export function encodePath(path: string): string {
  if (path.split('/').some((part) => /^(\.|%2e){1,2}$/i.test(part))) {
    throw fail('INVALID_INPUT', { remedy: 'Use a name without leading dots.', path });
  }
  return path.replace(/[^A-Za-z0-9\-._~!$&'()*+,=:@/%]/gu, (char) => encodeURIComponent(char));
}
