import { type Command, Option } from 'commander';
import { UsageError } from '#electron/browser-host/usage-error';
import {
  type ClusterChanges,
  type ClusterKind,
  clusterKind,
  DEFAULT_PORTS,
} from '#shared/contract/clusters';

/** The options of `clusters add` and `clusters edit` as commander hands them over. */
export interface ClusterOptions {
  kind?: ClusterKind;
  id?: string;
  name?: string;
  host?: string;
  port?: string;
  endpoint: string[];
  user?: string;
  passwordStdin?: boolean;
  tokenId?: string;
  tokenSecretStdin?: boolean;
  /** a node agent's token */
  tokenStdin?: boolean;
  verify?: 'ca' | 'pin' | 'off';
  pin?: string;
  trust?: boolean;
  priority?: string;
  default?: boolean;
  active?: boolean;
  group?: string | false;
  remote?: string | false;
  description?: string;
  deploy?: boolean;
  templates?: boolean;
  isos?: boolean;
  idleShutdown?: boolean;
  defaultStorage?: string;
  templateStorage?: string;
  isoStorage?: string;
  protected?: boolean;
  readOnly?: boolean;
  colour?: string;
}

const append = (value: string, all: string[]) => [...all, value];

/** Declares the options that add and edit share. */
export function clusterOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--kind <kind>', 'what it is (default: proxmox)').choices(clusterKind.options),
    )
    .option('--id <id>', 'id: small letters, digits and hyphens')
    .option('--name <name>', 'name as people read it')
    .option('--host <host>', 'host name or address of one node')
    .option(
      '--port <port>',
      `port of its API (default ${DEFAULT_PORTS.proxmox}, of ClusterOS ${DEFAULT_PORTS.clusteros})`,
    )
    .option(
      '--endpoint <host[:port][=pin]>',
      'a further node to fail over to (repeatable)',
      append,
      [],
    )
    .option('--user <user@realm>', 'account, as root@pam')
    .option('--password-stdin', 'read the password from standard input, one line')
    .option('--token-id <user@realm!name>', 'API token')
    .option('--token-secret-stdin', "read the API token's secret from standard input, one line")
    .option('--token-stdin', "read a node agent's token from standard input, one line")
    .addOption(
      new Option('--verify <mode>', 'how the certificate is verified').choices([
        'ca',
        'pin',
        'off',
      ]),
    )
    .addOption(
      new Option('--pin <sha256>', 'trust the certificate with this fingerprint').conflicts(
        'trust',
      ),
    )
    .option('--trust', 'look at the certificate, show its fingerprint and trust it')
    .option('--priority <0-100>', 'priority for deployments')
    .option('--default', 'make it the default cluster')
    .option('--no-default', 'it is not the default cluster')
    .option('--active', 'take it into use')
    .addOption(new Option('--inactive', 'put it into maintenance').implies({ active: false }))
    .option('--group <name>', 'group; made when there is none of this name')
    .option('--no-group', 'in no group')
    .option('--remote <name>', 'remote it is kept in step with')
    .option('--no-remote', 'kept in step with no remote')
    .option('--description <text>', 'description')
    .option('--deploy', 'virtual machines may be deployed there')
    .option('--no-deploy', 'no virtual machine is deployed there')
    .option('--templates', 'its templates are synchronised')
    .option('--no-templates', 'its templates are left alone')
    .option('--isos', 'its ISO images are synchronised')
    .option('--no-isos', 'its ISO images are left alone')
    .option('--idle-shutdown', 'idle virtual machines are shut down')
    .option('--no-idle-shutdown', 'idle virtual machines go on running')
    .option('--default-storage <storage>', 'storage for new disks')
    .option('--template-storage <storage>', 'storage for templates')
    .option('--iso-storage <storage>', 'storage for ISO images')
    .option('--protected', 'removing and stopping need to be confirmed')
    .option('--no-protected', 'no confirmation is needed')
    .option('--read-only', 'nothing here changes it or its guests')
    .option('--no-read-only', 'it can be changed again')
    .option('--colour <#rrggbb>', 'colour on the deck');
}

/** The fields an option sets by itself; an option that was not given sets none. */
export function plainChanges(options: ClusterOptions): ClusterChanges {
  const { passwordStdin, tokenSecretStdin } = options;
  if (passwordStdin && (tokenSecretStdin || options.tokenId !== undefined)) {
    throw new UsageError('Name either a password or an API token.');
  }
  if (options.tokenStdin && (passwordStdin || tokenSecretStdin || options.user !== undefined)) {
    throw new UsageError('--token-stdin is for ClusterOS, which knows nothing but tokens.');
  }
  if (options.trust && (options.verify === 'ca' || options.verify === 'off')) {
    throw new UsageError('--trust pins the certificate: it goes with --verify pin only.');
  }
  const authKind = passwordStdin
    ? 'password'
    : options.tokenStdin || tokenSecretStdin || options.tokenId !== undefined
      ? 'token'
      : undefined;
  const verify = options.verify ?? (options.trust || options.pin !== undefined ? 'pin' : undefined);
  return defined({
    kind: options.kind,
    clusterId: options.id,
    name: options.name,
    user: options.user ?? options.tokenId?.split('!')[0],
    authKind,
    tokenId: options.tokenId,
    verify,
    priority: options.priority === undefined ? undefined : Number(options.priority),
    isDefault: options.default,
    isActive: options.active,
    description: options.description,
    allowVmDeployment: options.deploy,
    allowTemplateSync: options.templates,
    allowIsoSync: options.isos,
    autoShutdownEnabled: options.idleShutdown,
    defaultStorage: storage(options.defaultStorage),
    templateStorage: storage(options.templateStorage),
    isoStorage: storage(options.isoStorage),
    protected: options.protected,
    readOnly: options.readOnly,
    colour: options.colour,
  });
}

/** An empty name takes the storage away. */
const storage = (name: string | undefined) => (name === '' ? null : name);

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };
function defined<T extends object>(fields: T): Defined<T> {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as Defined<T>;
}
