import { type EnrolRequestInput, enrolRequest } from '#shared/contract/agents';
import { hostPort } from '#shared/domain/host';

type Source = 'new' | 'file' | 'deck';

/** What the form's controls hold: text as typed. The key and the file are forgotten with the dialog. */
export interface EnrolForm {
  source: Source;
  /** the cluster on this deck, for `deck` */
  uuid: string;
  name: string;
  region: string;
  datacenter: string;
  founder: string;
  /** of an enrolment file */
  text: string;
  key: string;
  folder: string;
  /** `host` or `host:port`, one a line */
  seeds: string;
  slurmController: boolean;
  slurmWorker: boolean;
  k3sServer: boolean;
  k3sAgent: boolean;
  tailscale: boolean;
  packageUrl: string;
  overwrite: boolean;
}

export type EnrolErrors = Readonly<Record<string, string>>;

const GOSSIP_PORT = 7946;

interface Defaults {
  folder: string;
  name: string;
  region: string;
  datacenter: string;
  seeds: readonly { host: string; port: number }[];
}

/** @param uuid the cluster on this deck that gets more nodes; null begins a new one */
export function beginning(defaults: Defaults, uuid: string | null): EnrolForm {
  return {
    source: uuid === null ? 'new' : 'deck',
    uuid: uuid ?? '',
    name: uuid === null ? defaults.name : '',
    region: uuid === null ? defaults.region : '',
    datacenter: uuid === null ? defaults.datacenter : '',
    founder: '',
    text: '',
    key: '',
    folder: defaults.folder,
    seeds: defaults.seeds.map(({ host, port }) => hostPort(host, port)).join('\n'),
    // a cluster has its controllers already, as a rule
    slurmController: uuid === null,
    slurmWorker: true,
    k3sServer: false,
    k3sAgent: false,
    tailscale: false,
    packageUrl: '',
    overwrite: false,
  };
}

function seedOf(line: string): { host: string; port: number } {
  const [, bracketed, plain, port] =
    /^(?:\[([^\]]+)\]|([^:\s]+|[0-9a-f:]+:[0-9a-f:]+))(?::(\d{1,5}))?$/i.exec(line) ?? [];
  const host = bracketed ?? plain ?? line;
  return { host, port: port === undefined ? GOSSIP_PORT : Number(port) };
}

function clusterOf(form: EnrolForm): EnrolRequestInput['cluster'] {
  const { source, name, region, datacenter, founder, text, uuid, key } = form;
  switch (source) {
    case 'new':
      return { source, name: name.trim(), region, datacenter, founder: founder.trim() };
    case 'file':
      return { source, text };
    case 'deck':
      return { source, uuid, key: key.trim() };
  }
}

/** The form as a request, or what is wrong with which field (`cluster.name`, `seeds`, `folder`). */
export function enrolInput(
  form: EnrolForm,
): { value: EnrolRequestInput; errors: null } | { value: null; errors: EnrolErrors } {
  const { slurmController, slurmWorker, k3sServer, k3sAgent } = form;
  const value: EnrolRequestInput = {
    cluster: clusterOf(form),
    folder: form.folder,
    seeds: form.seeds
      .split(/[\n,]/)
      .map((line) => line.trim())
      .filter((line) => line !== '')
      .map(seedOf),
    roles: { slurmController, slurmWorker, k3sServer, k3sAgent },
    tailscale: form.tailscale,
    packageUrl: form.packageUrl.trim() === '' ? null : form.packageUrl.trim(),
    overwrite: form.overwrite,
  };
  const errors: Record<string, string> = {};
  for (const { path, message } of enrolRequest.safeParse(value).error?.issues ?? []) {
    errors[path[0] === 'seeds' ? 'seeds' : path.join('.')] ??= message;
  }
  if (![slurmController, slurmWorker, k3sServer, k3sAgent].includes(true)) {
    errors['roles'] ??= 'Choose at least one role.';
  }
  return Object.keys(errors).length === 0 ? { value, errors: null } : { value: null, errors };
}
