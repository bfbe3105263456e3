import { refusedInput } from './failures';
import type { Condition, Write } from './types';

/** etcd takes no more operations in one transaction (--max-txn-ops) */
const MAX_OPERATIONS = 128;
/** etcd takes 1.5 MiB a request (--max-request-bytes), of which base64 costs a third */
const MAX_BYTES = 1024 * 1024;

/**
 * Refuses what etcd would refuse, alike for every adapter: too much at once, and two writes that
 * touch the same key.
 * @throws Failure INVALID_INPUT
 */
export function checkCommit(conditions: readonly Condition[], writes: readonly Write[]): void {
  if (conditions.length > MAX_OPERATIONS || writes.length > MAX_OPERATIONS) {
    throw refusedInput(`One change holds at most ${MAX_OPERATIONS} parts.`);
  }
  const bytes = writes.reduce((sum, write) => sum + bytesOf(write), 0);
  if (bytes > MAX_BYTES) throw refusedInput('One change holds at most 1 MiB.');
  writes.forEach((write, index) => {
    const clash = writes.slice(index + 1).some((other) => overlap(write, other));
    if (clash) throw refusedInput(`One change names ${placeOf(write)} twice.`);
  });
}

/** As JSON; what JSON cannot say is refused. @throws Failure INVALID_INPUT */
export function encodeValue(key: string, value: unknown): string {
  const text: string | undefined = JSON.stringify(value);
  if (text === undefined) throw refusedInput(`${key} has no value that JSON can say.`);
  return text;
}

function bytesOf(write: Write): number {
  return 'put' in write ? Buffer.byteLength(encodeValue(write.key, write.put)) : 0;
}

function placeOf(write: Write): string {
  return 'key' in write ? write.key : `${write.prefix}*`;
}

/** etcd lets two deletions meet; a put may meet nothing. */
function overlap(a: Write, b: Write): boolean {
  if (!('put' in a) && !('put' in b)) return false;
  if ('key' in a && 'key' in b) return a.key === b.key;
  if ('key' in a && 'prefix' in b) return a.key.startsWith(b.prefix);
  if ('prefix' in a && 'key' in b) return b.key.startsWith(a.prefix);
  return false;
}
