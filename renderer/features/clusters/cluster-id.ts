const LONGEST = 50;

/** A cluster id made of a name: small letters, digits and single hyphens; '' where none is left. */
export function idFromName(name: string): string {
  return name
    .normalize('NFKD')
    .replace(/\p{Mn}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-/, '')
    .slice(0, LONGEST)
    .replace(/-$/, '');
}

/** `base-2`, `base-3`, ...: the first that is not taken. */
export function freeClusterId(base: string, taken: readonly string[]): string {
  for (let n = 2; ; n += 1) {
    const suffix = `-${n}`;
    const id = `${base.slice(0, LONGEST - suffix.length)}${suffix}`;
    if (!taken.includes(id)) return id;
  }
}
