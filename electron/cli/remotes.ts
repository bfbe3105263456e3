import { fail } from '#shared/contract/errors';
import type { Client } from '#shared/contract/index';
import type { Remote } from '#shared/contract/remotes';

/** A remote by its name or uuid. @throws Failure NOT_FOUND */
export async function findRemote(ref: string, client: Client): Promise<Remote> {
  const remotes = await client.remotes.list();
  const wanted = ref.trim().toLowerCase();
  const found =
    remotes.find(({ name }) => name.toLowerCase() === wanted) ??
    remotes.find(({ uuid }) => uuid === wanted);
  if (found !== undefined) return found;
  const remedy = 'See “clusterdeck remote list” for those there are.';
  throw fail('NOT_FOUND', { remedy }, `There is no remote ${ref}.`);
}

/** @returns what `remoteUuid` is to be; undefined when the options say nothing about remotes */
export async function remoteUuidFrom(
  remote: string | false | undefined,
  client: Client,
): Promise<string | null | undefined> {
  if (remote === undefined) return undefined;
  return remote === false || remote === '' ? null : (await findRemote(remote, client)).uuid;
}
