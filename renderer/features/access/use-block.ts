import type { Cluster } from '#shared/contract/clusters';
import { useLive } from '../../app/context';

export const VIEWER_SENTENCE = 'Viewer mode is on: nothing can be changed.';

type Marked = Pick<Cluster, 'name' | 'readOnly'>;

export const readOnlySentence = ({ name }: Pick<Cluster, 'name'>): string =>
  `${name} is read only here. Switch that off in its configuration.`;

/** Why nothing may be changed (on this cluster), in a sentence; null: it may. */
export function useBlock(cluster?: Marked): string | null {
  const viewer = useLive((state) => state.access?.viewer ?? false);
  if (viewer) return VIEWER_SENTENCE;
  return cluster?.readOnly === true ? readOnlySentence(cluster) : null;
}
