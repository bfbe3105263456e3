/** Names a row among all clusters. */
export function rowKey(uuid: string, id: string): string {
  return `${uuid}|${id}`;
}

/** The parts of a {@link rowKey}. */
export function splitRowKey(key: string): { uuid: string; id: string } {
  const bar = key.indexOf('|');
  return { uuid: key.slice(0, bar), id: key.slice(bar + 1) };
}
