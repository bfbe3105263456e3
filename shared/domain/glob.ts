/** How names are compared: without case and in one Unicode form. */
export function folded(text: string): string {
  return text.normalize('NFC').toLowerCase();
}

/**
 * Whether the whole text fits a pattern of `*` (anything) and `?` (one character); both folded.
 * Runs in time proportional to both lengths: a pattern can never hang the window.
 */
export function fitsGlob(text: string, pattern: string): boolean {
  let at = 0;
  let want = 0;
  let star = -1;
  let resume = 0;
  while (at < text.length) {
    if (pattern[want] === '*') {
      star = want;
      resume = at;
      want += 1;
    } else if (want < pattern.length && (pattern[want] === '?' || pattern[want] === text[at])) {
      at += 1;
      want += 1;
    } else if (star >= 0) {
      resume += 1;
      at = resume;
      want = star + 1;
    } else {
      return false;
    }
  }
  while (pattern[want] === '*') want += 1;
  return want === pattern.length;
}
