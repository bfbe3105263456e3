const ELAPSED = /^(?:(\d{1,5})-)?(?:(\d{1,3}):)?(\d{1,3}):(\d{2})(?:\.\d+)?$/;

/** Seconds of an elapsed time as squeue prints it: `1-02:03:04`, `2:03:04`, `0:07`; null for words. */
export function elapsedSeconds(text: string): number | null {
  const match = ELAPSED.exec(text.trim());
  if (match === null) return null;
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = match.slice(1).map((n) => Number(n ?? 0));
  return ((days * 24 + hours) * 60 + minutes) * 60 + seconds;
}
