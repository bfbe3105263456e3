import type { Cluster } from '#shared/contract/clusters';
import type { GuestRow } from '#shared/contract/inventory';
import type { GuestAction } from '#shared/contract/operations';
import type { GuestEntry } from './columns';

/** The actions that lists and drawers offer, gentlest first. */
export const OFFERED = ['start', 'shutdown', 'reboot', 'stop'] as const satisfies GuestAction[];
export type OfferedAction = (typeof OFFERED)[number];

interface ActionWords {
  label: string;
  /** the sentence of the confirmation, which says what happens inside the guest */
  effect: string;
  /** whether work inside a guest can be lost */
  harmful: boolean;
  applies: (row: GuestRow) => boolean;
}

const isOn = (row: GuestRow) =>
  !row.template && row.status !== 'stopped' && row.status !== 'unknown';

export const ACTIONS: Record<OfferedAction, ActionWords> = {
  start: {
    label: 'Start',
    effect: 'They are powered on.',
    harmful: false,
    applies: (row) => !row.template && row.status === 'stopped',
  },
  shutdown: {
    label: 'Shut down',
    effect: 'Their systems are asked to shut down; one that does not answer stays on.',
    harmful: true,
    applies: isOn,
  },
  reboot: {
    label: 'Reboot',
    effect: 'Their systems are asked to restart; services are gone for that time.',
    harmful: true,
    applies: isOn,
  },
  stop: {
    label: 'Stop',
    effect: 'Their power is cut at once: what is not written to disk is lost.',
    harmful: true,
    applies: isOn,
  },
};

/** As many as one operation takes. */
const MOST_AT_ONCE = 500;

export interface ActionPlan {
  action: OfferedAction;
  /** the guests the action is sent to */
  targets: GuestEntry[];
  /** how many of the selected are left alone, by reason */
  leftAlone: { reason: string; count: number }[];
  /** the protected cluster whose id must be typed; null where none is concerned */
  typeToConfirm: string | null;
  /** why it cannot be done at all; null when it can */
  refusal: string | null;
}

function reasonAgainst(action: OfferedAction, row: GuestRow): string {
  if (row.template) return 'a template';
  if (row.status === 'unknown') return 'in an unknown state';
  return action === 'start' ? 'on already' : 'off already';
}

type ClusterMarks = Pick<Cluster, 'clusterId' | 'protected' | 'readOnly'>;

/**
 * Says beforehand what an action on the selected guests would do.
 * @param clusters those of the guests, by uuid
 * @param lack the privilege that the account lacks for a guest, as a reason; null: none that is known
 */
export function planAction(
  action: OfferedAction,
  selected: readonly GuestEntry[],
  clusters: ReadonlyMap<string, ClusterMarks>,
  lack: (entry: GuestEntry) => string | null = () => null,
): ActionPlan {
  const { applies, harmful } = ACTIONS[action];
  const targets: GuestEntry[] = [];
  const reasons = new Map<string, number>();
  for (const entry of selected) {
    const isReadOnly = clusters.get(entry.uuid)?.readOnly === true;
    const reason = !applies(entry.row)
      ? reasonAgainst(action, entry.row)
      : isReadOnly
        ? 'on a read-only cluster'
        : lack(entry);
    if (reason === null) targets.push(entry);
    else reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  }
  const guarded = new Set(
    targets.flatMap((entry) => {
      const cluster = clusters.get(entry.uuid);
      return harmful && cluster?.protected ? [cluster.clusterId] : [];
    }),
  );
  return {
    action,
    targets,
    leftAlone: [...reasons].map(([reason, count]) => ({ reason, count })),
    typeToConfirm: guarded.size === 1 ? ([...guarded][0] ?? null) : null,
    refusal: refusalOf(targets.length, [...guarded]),
  };
}

function refusalOf(count: number, guarded: readonly string[]): string | null {
  if (count === 0) return 'None of the selected guests can take this action.';
  if (count > MOST_AT_ONCE) {
    return `${count} guests are too many for one operation. Select at most ${MOST_AT_ONCE}.`;
  }
  if (guarded.length > 1) {
    return `Guests of ${guarded.length} protected clusters are selected (${guarded.join(', ')}). Act on one protected cluster at a time.`;
  }
  return null;
}

/** `1 guest`, `12 guests`. */
export function guestCount(count: number): string {
  return count === 1 ? '1 guest' : `${count} guests`;
}
