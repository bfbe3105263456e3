import type { DrainedPod } from './objects';

/** What a drain does with a pod before any budget is asked. */
export interface Sorted {
  fate: 'goes' | 'blocked' | 'stays';
  why: string;
  /** an emptyDir, which is deleted with it */
  hasLocalData: boolean;
  /** it is being deleted: nothing is asked for, and it is waited for */
  isGoing: boolean;
}

const MIRROR = 'kubernetes.io/config.mirror';

/**
 * The filters of `kubectl drain --ignore-daemonsets --delete-emptydir-data` in their order
 * (k8s.io/kubectl/pkg/drain/filters.go): pods of DaemonSets and static ones stay, and one that
 * nothing would start again elsewhere is not evicted.
 * @param hasDaemonSet whether the DaemonSet of a pod of one is still there
 */
export function sorted(pod: DrainedPod, hasDaemonSet: boolean): Sorted {
  const { metadata, spec, status } = pod;
  const isOver = status.phase === 'Succeeded' || status.phase === 'Failed';
  const isGoing = metadata.deletionTimestamp !== undefined;
  const owner = metadata.ownerReferences.find(({ controller }) => controller);
  const is = (fate: Sorted['fate'], why: string): Sorted => ({
    fate,
    why,
    hasLocalData: fate === 'goes' && !isOver && hasEmptyDir(spec.volumes),
    isGoing,
  });
  if (owner?.kind === 'DaemonSet' && !isOver && hasDaemonSet) {
    return is('stays', `The DaemonSet ${owner.name} runs it on every node.`);
  }
  if (MIRROR in metadata.annotations) return is('stays', 'It is a static pod of its node.');
  if (isGoing) return is('goes', 'It is being deleted.');
  if (owner?.kind === 'DaemonSet' && !isOver) {
    return is('blocked', `Its DaemonSet ${owner.name} is gone, so nothing would start it again.`);
  }
  if (owner === undefined && !isOver) {
    return is('blocked', 'Nothing would start it again elsewhere: it has no controller.');
  }
  return is('goes', '');
}

/** Owner of a pod that a DaemonSet made; null for others. */
export const daemonSetOf = ({ metadata }: DrainedPod): string | null => {
  const owner = metadata.ownerReferences.find(({ controller }) => controller);
  return owner?.kind === 'DaemonSet' ? owner.name : null;
};

const hasEmptyDir = (volumes: DrainedPod['spec']['volumes']): boolean =>
  volumes?.some(({ emptyDir }) => emptyDir !== undefined && emptyDir !== null) ?? false;
