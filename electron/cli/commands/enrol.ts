import { resolve } from 'node:path';
import type { Command } from 'commander';
import { UsageError } from '#electron/browser-host/usage-error';
import { roleName } from '#shared/contract/agent/dashboard';
import type { EnrolCluster, EnrolRequestInput } from '#shared/contract/agents';
import { splitHostPort } from '#shared/domain/host';
import { readKeyFile } from '../files';
import { readSecretLine } from '../io';
import type { CommandContext, ExitCode, Perform } from './context';

interface EnrolOptions {
  new?: string;
  founder?: string;
  region?: string;
  datacenter?: string;
  file?: string;
  cluster?: string;
  keyStdin?: boolean;
  folder?: string;
  seed: string[];
  role: string[];
  tailscale?: boolean;
  packageUrl?: string;
  overwrite?: boolean;
}

const GOSSIP_PORT = 7946;
const append = (value: string, all: string[]) => [...all, value];

/** `clusterdeck enrol`: writes what new nodes of a ClusterOS cluster need. */
export function enrolCommand(program: Command, perform: Perform): void {
  program
    .command('enrol')
    .description('write what new ClusterOS nodes need to a folder')
    .option('--new <name>', 'for a cluster that is to be made; it gets a new key')
    .option('--founder <node>', 'with --new: the one node that may found it')
    .option('--region <name>', 'with --new: where it is')
    .option('--datacenter <name>', 'with --new: where it is')
    .option('--file <file>', 'for the cluster of this enrolment file')
    .option('--cluster <id>', 'for a cluster on this deck; its key comes by --key-stdin')
    .option('--key-stdin', 'read the cluster key from standard input, one line')
    .option('--folder <folder>', 'where the files go')
    .option('--seed <host[:port]>', 'where a member is heard (repeatable)', append, [])
    .option(
      '--role <role>',
      `what they are to be (repeatable): ${roleName.options.join(', ')}`,
      append,
      [],
    )
    .option('--tailscale', 'they find each other over tailscale')
    .option('--package-url <url>', "https address of the agent's package, for cloud-init")
    .option('--overwrite', 'files that are there already are replaced')
    .action((options: EnrolOptions, command: Command) =>
      perform(command, (context) => enrol(options, context)),
    );
}

async function enrol(options: EnrolOptions, context: CommandContext): Promise<ExitCode> {
  const sources = [options.new, options.file, options.cluster].filter((one) => one !== undefined);
  if (sources.length !== 1) throw new UsageError('Name one of --new, --file and --cluster.');
  if (options.cluster !== undefined && options.keyStdin !== true) {
    throw new UsageError('--cluster needs its key: --key-stdin.');
  }
  const roles = rolesOf(options.role);
  const key = options.keyStdin ? await readSecretLine(context.io, 'Cluster key') : '';
  const result = await context.withSession(async ({ client }) => {
    const found =
      options.cluster === undefined ? null : await client.clusters.get({ ref: options.cluster });
    if (found !== null) await client.inventory.poll({ cluster: found.uuid });
    const defaults = await client.agents.enrolDefaults(found === null ? {} : { uuid: found.uuid });
    const cluster = await sourceOf(options, found?.uuid ?? '', key, context);
    const folder = options.folder === undefined ? defaults.folder : resolve(options.folder);
    const seeds = options.seed.length === 0 ? defaults.seeds : options.seed.map(seedOf);
    return await client.agents.enrol({
      cluster,
      folder,
      seeds,
      ...(roles !== undefined && { roles }),
      tailscale: options.tailscale === true,
      packageUrl: options.packageUrl ?? null,
      overwrite: options.overwrite === true,
    });
  });
  const { folder, cluster, files, next } = result;
  out(context, { ok: true, folder, cluster, files }, files);
  for (const sentence of next) context.out.note(sentence);
  return 0;
}

function out(
  { out: output }: CommandContext,
  document: object,
  files: readonly { path: string; purpose: string }[],
): void {
  output.result(document, () =>
    files.map(({ path, purpose }) => `${path}\n    ${purpose}`).join('\n'),
  );
}

async function sourceOf(
  options: EnrolOptions,
  uuid: string,
  key: string,
  { out: output }: CommandContext,
): Promise<EnrolCluster> {
  const { new: name, founder, file, region, datacenter } = options;
  if (file !== undefined) return { source: 'file', text: await readKeyFile(file, output) };
  if (name === undefined) return { source: 'deck', uuid, key };
  if (founder === undefined) throw new UsageError('Name the node that founds it: --founder a1.');
  const place = {
    ...(region !== undefined && { region }),
    ...(datacenter !== undefined && { datacenter }),
  };
  return { source: 'new', name, founder, ...place };
}

function rolesOf(named: readonly string[]): EnrolRequestInput['roles'] {
  if (named.length === 0) return undefined;
  const unknown = named.find((one) => !roleName.safeParse(one).success);
  if (unknown !== undefined) throw new UsageError(`There is no role ${unknown}.`);
  return {
    slurmController: named.includes('slurm-controller'),
    slurmWorker: named.includes('slurm-worker'),
    k3sServer: named.includes('k3s-server'),
    k3sAgent: named.includes('k3s-agent'),
  };
}

function seedOf(text: string): { host: string; port: number } {
  const { host, port } = splitHostPort(text);
  return { host, port: port ?? GOSSIP_PORT };
}
