interface Address {
  host: string;
  /** null where the text names none */
  port: string | null;
}

/**
 * Takes apart what people paste into the host field: `https://pve1.lab:8006/#v1`, `pve1:8006`,
 * `[fd00::1]:8006`. What is no such address comes back as it is, for the schema to judge.
 */
export function splitAddress(text: string): Address {
  const trimmed = text.trim();
  const withScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed);
  const [, scheme = '', rest = ''] = /^([a-z][a-z0-9+.-]*:\/\/)?(.*)$/i.exec(trimmed) ?? [];
  const authority = withScheme ? (rest.split(/[/?#]/)[0] ?? '') : rest;
  const match = /^(?:\[([^\]]+)\]|([^:[\]/?#@]+))(?::(\d{1,5}))?$/.exec(authority);
  const host = match?.[1] ?? match?.[2];
  if (host === undefined) return { host: trimmed, port: null };
  const port = match?.[3] ?? (scheme.toLowerCase() === 'https://' ? '443' : null);
  return { host, port };
}
