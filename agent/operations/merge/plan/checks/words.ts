const SHOWN = 5;

/** `a1, a2 and 3 more`. */
export function some(names: readonly string[], shown = SHOWN): string {
  const rest = names.length - shown;
  // one more is as long as its name
  if (rest <= 1) return listed(names);
  return `${names.slice(0, shown).join(', ')} and ${rest} more`;
}

const listed = (names: readonly string[]) =>
  names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;

/** `1 job`, `2 jobs`. */
export const count = (number: number, word: string): string =>
  `${number} ${word}${number === 1 ? '' : 's'}`;
