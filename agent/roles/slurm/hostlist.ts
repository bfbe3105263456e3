const MAX_HOSTS = 4096;

/** Host names from SLURM's short form: `a[1-3,07],b2` is a1, a2, a3, a07, b2. */
export function expandHosts(list: string): string[] {
  const hosts: string[] = [];
  for (const part of splitOutside(list)) {
    const match = /^([^[\]]*)\[([^[\]]*)\](.*)$/.exec(part);
    if (match === null) {
      if (part !== '') hosts.push(part);
      continue;
    }
    const [, before = '', inside = '', after = ''] = match;
    const tails = after === '' ? [''] : expandHosts(after);
    for (const number of numbers(inside)) {
      for (const tail of tails) hosts.push(before + number + tail);
      if (hosts.length > MAX_HOSTS) return hosts.slice(0, MAX_HOSTS);
    }
  }
  return hosts;
}

/** Parts between commas that are not inside brackets. */
function splitOutside(list: string): string[] {
  return list.split(/,(?![^[]*\])/);
}

function numbers(inside: string): string[] {
  return inside.split(',').flatMap((range) => {
    const [from = '', to = from] = range.split('-');
    const first = Number.parseInt(from, 10);
    const last = Number.parseInt(to, 10);
    if (!Number.isSafeInteger(first) || !(last >= first) || last - first > MAX_HOSTS) return [];
    return Array.from({ length: last - first + 1 }, (_, index) =>
      String(first + index).padStart(from.length, '0'),
    );
  });
}
