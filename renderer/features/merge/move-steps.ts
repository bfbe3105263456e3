import type { Cluster } from '#shared/contract/clusters';
import type { GuestRow } from '#shared/contract/inventory';

/** One thing to do by hand, with what is typed for it. */
export interface MoveStep {
  title: string;
  command: string;
}

type Target = Pick<Cluster, 'endpoints' | 'templateStorage' | 'isoStorage' | 'defaultStorage'>;

/** Where Proxmox keeps what it backs up, unless somebody chose otherwise. */
const DUMPS = '/var/lib/vz/dump';
const ISOS = '/var/lib/vz/template/iso';

/**
 * A template by backup and restore, which every version can: a restored template is a template again.
 * @param vmids those that the target has already, for numbers must not meet
 */
export function templateSteps(
  template: Pick<GuestRow, 'vmid' | 'kind' | 'node' | 'name'>,
  to: Target,
  vmids: ReadonlySet<number>,
): MoveStep[] {
  const { vmid, kind, node } = template;
  const host = hostOf(to);
  const free = freeVmid(vmid, vmids);
  const storage = to.templateStorage ?? to.defaultStorage ?? 'local';
  const archive = `vzdump-${kind}-${vmid}-*`;
  const restore =
    kind === 'qemu'
      ? `qmrestore ${DUMPS}/${archive}.vma.zst ${free} --storage ${word(storage)} --unique 1`
      : `pct restore ${free} ${DUMPS}/${archive}.tar.zst --storage ${word(storage)} --unique 1`;
  return [
    {
      title: `Back it up on ${node}`,
      command: `vzdump ${vmid} --dumpdir ${DUMPS} --mode stop --compress zstd`,
    },
    {
      title: `Copy it to ${host}`,
      command: `rsync --partial --progress ${DUMPS}/${archive}.zst root@${remote(host)}:${DUMPS}/`,
    },
    {
      title:
        free === vmid ? `Restore it on ${host}` : `Restore it on ${host}; ${vmid} is taken there`,
      command: restore,
    },
  ];
}

/** An ISO image, with the sum on both sides. */
export function isoSteps(to: Target): MoveStep[] {
  const host = hostOf(to);
  return [
    { title: 'See which there are, on a node of this cluster', command: `ls -l ${ISOS}` },
    {
      title: `Copy one to ${host}; NAME stands for the file`,
      command: `rsync --partial --progress ${ISOS}/NAME root@${remote(host)}:${ISOS}/`,
    },
    {
      title: 'Compare the sums, on both nodes',
      command: `sha256sum ${ISOS}/NAME`,
    },
  ];
}

/** A guest while it runs, or stopped; of containers only by backup and restore. */
export function guestSteps(to: Target): MoveStep[] {
  const [first] = to.endpoints;
  const host = hostOf(to);
  const pin = first?.pin ?? 'FINGERPRINT';
  return [
    {
      title: 'Make a token of the other cluster, as root@pam there; it is shown once',
      command: 'pveum user token add root@pam move --privsep 0 --expire $(( $(date +%s) + 86400 ))',
    },
    {
      title: 'Move one, on its node; VMID, TOKEN, STORAGE and BRIDGE stand for yours',
      command: `read -rs TOKEN; qm remote-migrate VMID VMID "apitoken=PVEAPIToken=root@pam!move=$TOKEN,host=${host},fingerprint=${pin}" --target-storage STORAGE --target-bridge BRIDGE --online`,
    },
    { title: 'Take the token away again', command: 'pveum user token remove root@pam move' },
  ];
}

const hostOf = ({ endpoints }: Target): string => endpoints[0]?.host ?? 'HOST';
/** rsync takes an IPv6 address in brackets. */
const remote = (host: string): string => (host.includes(':') ? `[${host}]` : host);

/** Storages are named by people: a name that a shell would read otherwise is quoted. */
const word = (name: string): string =>
  /^[\w.-]+$/.test(name) ? name : `'${name.replaceAll("'", `'\\''`)}'`;

/** Its own number, or the next one that is free. */
function freeVmid(vmid: number, taken: ReadonlySet<number>): number {
  let free = vmid;
  while (taken.has(free)) free += 1;
  return free;
}
