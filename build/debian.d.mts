/** Debian packages that the lab needs; the rest serve other tests. */
export const LAB_PACKAGES: readonly string[];
/** Installs packages when root, starting none; @returns whether everything is there. */
export function ensureDebianPackages(names?: readonly string[]): boolean;
