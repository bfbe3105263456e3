const LABEL = /^[a-z0-9_]([a-z0-9-_]{0,61}[a-z0-9_])?$/i;
const IPV4 = /^(25[0-5]|2[0-4]\d|1?\d?\d)(\.(25[0-5]|2[0-4]\d|1?\d?\d)){3}$/;

function isIpv6(text: string): boolean {
  const [address = '', zone, ...more] = text.split('%');
  if (more.length > 0 || zone === '' || !address.includes(':')) return false;
  const halves = address.split('::');
  if (halves.length > 2) return false;
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')));
  const last = groups.at(-1) ?? '';
  const embedded = last.includes('.');
  if (embedded && !IPV4.test(last)) return false;
  const hex = embedded ? groups.slice(0, -1) : groups;
  if (!hex.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return false;
  const width = hex.length + (embedded ? 2 : 0);
  return halves.length === 2 ? width < 8 : width === 8;
}

/** Whether the text is a host name, an IPv4 or an IPv6 address (no scheme, port, path or brackets). */
export function isHost(text: string): boolean {
  if (text.length === 0 || text.length > 253) return false;
  if (text.includes(':')) return isIpv6(text);
  if (/^[\d.]+$/.test(text)) return IPV4.test(text);
  return text
    .replace(/\.$/, '')
    .split('.')
    .every((label) => LABEL.test(label));
}

/** `host:port` for people and URLs; IPv6 addresses stand in brackets. */
export function hostPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** `pve1`, `pve1:8006`, `[fd00::1]:8006` or a bare IPv6 address; the port is null where none is named. */
export function splitHostPort(text: string): { host: string; port: number | null } {
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/.exec(text);
  const plain = /^([^:]*)(?::([^:]*))?$/.exec(text);
  // two colons and no brackets: an IPv6 address with no port
  const [, host = text, port] = bracketed ?? plain ?? [];
  return { host, port: port === undefined ? null : Number(port) };
}
