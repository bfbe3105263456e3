import type { GuestAction } from '#shared/contract/operations';

type Kind = 'qemu' | 'lxc';

interface ActionFacts {
  /** as in a title: `Shut down web-1` */
  verb: string;
  /** whether work inside a guest can be lost or its services go away */
  lossy: boolean;
  /** how the guest is found when the task has ended well; null where nothing tells */
  leaves: 'running' | 'stopped' | null;
  /** tasks at once in one cluster: starting loads the nodes, shutting down mostly waits */
  atOnce: number;
  /** types of the task it makes, those of guests in high availability included */
  tasks: Record<Kind, readonly string[]>;
  kinds: readonly Kind[];
}

const BOTH: readonly Kind[] = ['qemu', 'lxc'];

/** What each action does; source: PVE's API viewer and the task types it records. */
export const ACTIONS: Record<GuestAction, ActionFacts> = {
  start: {
    verb: 'Start',
    lossy: false,
    leaves: 'running',
    atOnce: 8,
    tasks: { qemu: ['qmstart', 'hastart'], lxc: ['vzstart', 'hastart'] },
    kinds: BOTH,
  },
  shutdown: {
    verb: 'Shut down',
    lossy: true,
    leaves: 'stopped',
    atOnce: 40,
    tasks: {
      qemu: ['qmshutdown', 'hashutdown', 'hastop'],
      lxc: ['vzshutdown', 'hashutdown', 'hastop'],
    },
    kinds: BOTH,
  },
  stop: {
    verb: 'Stop',
    lossy: true,
    leaves: 'stopped',
    atOnce: 20,
    tasks: { qemu: ['qmstop', 'hastop'], lxc: ['vzstop', 'hastop'] },
    kinds: BOTH,
  },
  reboot: {
    verb: 'Reboot',
    lossy: true,
    leaves: 'running',
    atOnce: 8,
    tasks: { qemu: ['qmreboot'], lxc: ['vzreboot'] },
    kinds: BOTH,
  },
  reset: {
    verb: 'Reset',
    lossy: true,
    leaves: 'running',
    atOnce: 8,
    tasks: { qemu: ['qmreset'], lxc: [] },
    kinds: ['qemu'],
  },
  suspend: {
    verb: 'Suspend',
    lossy: false,
    leaves: null,
    atOnce: 8,
    tasks: { qemu: ['qmpause', 'qmsuspend'], lxc: ['vzsuspend'] },
    kinds: BOTH,
  },
  resume: {
    verb: 'Resume',
    lossy: false,
    leaves: 'running',
    atOnce: 8,
    tasks: { qemu: ['qmresume'], lxc: ['vzresume'] },
    kinds: BOTH,
  },
};

/** `qemu/100` in its parts. */
export function guestParts(guestId: string): { kind: Kind; vmid: string } {
  const [kind = '', vmid = ''] = guestId.split('/');
  return { kind: kind === 'lxc' ? 'lxc' : 'qemu', vmid };
}

/** `Stop web-1` or `Stop 12 guests`. */
export function titleOf(action: GuestAction, labels: readonly string[]): string {
  const { verb } = ACTIONS[action];
  const [only = ''] = labels;
  return labels.length === 1 ? `${verb} ${only}` : `${verb} ${labels.length} guests`;
}
