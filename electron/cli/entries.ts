import type { Cluster } from '#shared/contract/clusters';
import type { Client } from '#shared/contract/index';
import type { ClusterOptions } from './cluster-options';
import { type CliIo, readSecretLine } from './io';

/** The secret from standard input where an option asks for it. */
export async function readSecret(options: ClusterOptions, io: CliIo): Promise<string | undefined> {
  if (options.passwordStdin) return readSecretLine(io, 'Password');
  if (options.tokenSecretStdin) return readSecretLine(io, "The token's secret");
  if (options.tokenStdin) return readSecretLine(io, 'Token');
  return undefined;
}

const COLOURS = ['#7b93ff', '#3fc1b0', '#e0a63e', '#c58af9', '#ea6a67', '#58a9ea'];

/** @returns what `groupUuid` is to be; undefined when the options say nothing about groups */
export async function groupUuidFrom(
  group: ClusterOptions['group'],
  client: Client,
): Promise<Cluster['groupUuid'] | undefined> {
  if (group === undefined || group === false || group === '')
    return group === undefined ? group : null;
  const groups = await client.groups.list();
  const known = groups.find(({ name }) => name.toLowerCase() === group.trim().toLowerCase());
  if (known !== undefined) return known.uuid;
  const colour = COLOURS[groups.length % COLOURS.length] ?? '#7b93ff';
  return (await client.groups.create({ name: group, colour })).uuid;
}
