/** What a UPID spells out. */
export interface UpidParts {
  node: string;
  pid: number;
  pstart: number;
  startSeconds: number;
  type: string;
  id: string;
  user: string;
}

const UPID =
  /^UPID:([a-zA-Z0-9-]+):([0-9A-Fa-f]{8}):([0-9A-Fa-f]{8,9}):([0-9A-Fa-f]{8}):([^:\s]+):([^:\s]*):([^:\s]+):$/;

/** Writes a UPID; the user carries `!token` when a token acts. */
export function formatUpid(parts: UpidParts): string {
  const hex = (value: number) => Math.floor(value).toString(16).toUpperCase().padStart(8, '0');
  return `UPID:${parts.node}:${hex(parts.pid)}:${hex(parts.pstart)}:${hex(parts.startSeconds)}:${parts.type}:${parts.id}:${parts.user}:`;
}

/** Reads a UPID; undefined when it is none. */
export function parseUpid(text: string): UpidParts | undefined {
  const match = UPID.exec(text);
  if (match === null) return undefined;
  const [, node = '', pid = '', pstart = '', time = '', type = '', id = '', user = ''] = match;
  return {
    node,
    pid: Number.parseInt(pid, 16),
    pstart: Number.parseInt(pstart, 16),
    startSeconds: Number.parseInt(time, 16),
    type,
    id,
    user,
  };
}
