/** `16GB`: memory as it is sold, in whole gibibytes; below one `512MB`, nothing is `0GB`. */
export function gigabytes(bytes: number): string {
  const gib = bytes / 1024 ** 3;
  if (bytes > 0 && gib < 0.95) return `${Math.max(1, Math.round(bytes / 1024 ** 2))}MB`;
  return `${Math.round(gib)}GB`;
}
