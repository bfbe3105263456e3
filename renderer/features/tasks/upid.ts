/** What a task's id says by itself: `UPID:node:pid:pstart:start:type:id:user:`. */
export interface UpidParts {
  node: string;
  type: string;
  subject: string;
  user: string;
  /** ms since 1970 */
  startedAt: number;
}

/** Reads a UPID; null where it is none. */
export function parseUpid(upid: string): UpidParts | null {
  const [mark, node, , , start, type, subject, user] = upid.split(':');
  if (mark !== 'UPID' || !node || !start || !type || subject === undefined || !user) return null;
  return { node, type, subject, user, startedAt: Number.parseInt(start, 16) * 1000 };
}
