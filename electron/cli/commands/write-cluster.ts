import { UsageError } from '#electron/browser-host/usage-error';
import type { Cluster, ClusterKind } from '#shared/contract/clusters';
import type { Client } from '#shared/contract/index';
import { type ClusterOptions, plainChanges } from '../cluster-options';
import { endpointsFrom, trustEndpoints } from '../endpoints';
import { groupUuidFrom, readSecret } from '../entries';
import { remoteUuidFrom } from '../remotes';
import type { Session } from '../session';
import { tellCluster } from './clusters';
import type { CommandContext, ExitCode } from './context';

export async function addCluster(
  options: ClusterOptions,
  context: CommandContext,
): Promise<ExitCode> {
  const { id, name, host } = options;
  if (id === undefined || name === undefined || host === undefined) {
    throw new UsageError('A new cluster needs --id, --name and --host.');
  }
  const kind = options.kind ?? 'proxmox';
  checkAccount(kind, options);
  const changes = plainChanges(options);
  const secret = await readSecret(options, context.io);
  return context.withSession(async (session) => {
    const { client } = session;
    const endpoints = await endpointsOf(options, { kind, endpoints: [] }, client, context);
    const groupUuid = (await groupUuidFrom(options.group, client)) ?? null;
    const remoteUuid = (await remoteUuidFrom(options.remote, client)) ?? null;
    const added = await client.clusters.create({
      ...changes,
      kind,
      clusterId: id,
      name,
      endpoints: endpoints ?? [],
      groupUuid,
      remoteUuid,
      ...(secret !== undefined && { secret }),
    });
    tellCluster(added, await client.groups.list(), context);
    await warnIfForgotten(session, context);
    return 0 as const;
  });
}

function checkAccount(kind: ClusterKind, options: ClusterOptions): void {
  if (kind === 'clusteros') {
    if (options.tokenStdin) return;
    throw new UsageError('Add --token-stdin: ClusterOS knows nothing but tokens.');
  }
  if (options.tokenStdin) throw new UsageError('--token-stdin goes with --kind clusteros.');
  if (!options.passwordStdin && !options.tokenSecretStdin) {
    throw new UsageError('Add --password-stdin, or --token-id with --token-secret-stdin.');
  }
  if (options.tokenSecretStdin && options.tokenId === undefined) {
    throw new UsageError("--token-secret-stdin needs the token's name: --token-id.");
  }
  if (options.user === undefined && options.tokenId === undefined) {
    throw new UsageError('Name the account: --user root@pam.');
  }
}

export async function editCluster(
  ref: string,
  options: ClusterOptions,
  context: CommandContext,
): Promise<ExitCode> {
  const changes = plainChanges(options);
  const touchesEndpoints =
    options.trust === true || endpointsFrom(options, 'proxmox') !== undefined;
  if (
    Object.keys(changes).length === 0 &&
    !touchesEndpoints &&
    options.group === undefined &&
    options.remote === undefined
  ) {
    throw new UsageError('Name at least one thing to change.');
  }
  const secret = await readSecret(options, context.io);
  return context.withSession(async (session) => {
    const { client } = session;
    const before = await client.clusters.get({ ref });
    const endpoints = await endpointsOf(options, before, client, context);
    const groupUuid = await groupUuidFrom(options.group, client);
    const remoteUuid = await remoteUuidFrom(options.remote, client);
    const edited = await client.clusters.update({
      uuid: before.uuid,
      revision: before.revision,
      changes: {
        ...changes,
        ...(endpoints !== undefined && { endpoints }),
        ...(groupUuid !== undefined && { groupUuid }),
        ...(remoteUuid !== undefined && { remoteUuid }),
        ...(secret !== undefined && { secret }),
      },
    });
    tellCluster(edited, await client.groups.list(), context);
    if (secret !== undefined) await warnIfForgotten(session, context);
    return 0 as const;
  });
}

async function endpointsOf(
  options: ClusterOptions,
  { kind, endpoints: before }: Pick<Cluster, 'kind' | 'endpoints'>,
  client: Client,
  { out, io }: CommandContext,
) {
  const named = endpointsFrom(options, kind, before);
  if (!options.trust) return named;
  // asked for anew: the certificate may have changed since it was pinned
  const unpinned = (named ?? before).map((endpoint, n) =>
    n === 0 || before.includes(endpoint) ? { ...endpoint, pin: null } : endpoint,
  );
  return trustEndpoints(unpinned, client, out, io.signal);
}

/** A secret that is gone when the program ends must not look as if it were kept. */
export async function warnIfForgotten({ client, visits }: Session, { out }: CommandContext) {
  const { protection } = await client.vault.status();
  if (protection !== 'session') return;
  const end = visits ? 'until the running Clusterdeck ends' : 'only as long as this command';
  out.note(
    `The secret is not stored: it lives ${end}, because there is no keychain here. Start one, or ` +
      'name a passphrase file in CLUSTERDECK_PASSPHRASE_FILE.',
  );
}
