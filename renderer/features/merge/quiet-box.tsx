import { Info } from 'lucide-react';
import { useLocation } from 'wouter';
import { isOver } from '#shared/contract/agent/operations';
import type { Cluster } from '#shared/contract/clusters';
import { useLive } from '../../app/context';
import { Button } from '../../ui/button';
import { clusterHref } from '../clusters/use-cluster-actions';
import styles from './quiet-box.module.css';
import { useTakenUp } from './quiet-notices';
import { sightingWords } from './sighting-words';

interface QuietBoxProps {
  cluster: Cluster;
  tabIndex: number;
}

/** On a card with no trouble: that its cluster was merged away, or what its agents see; else nothing. */
export function QuietBox({ cluster, tabIndex }: QuietBoxProps) {
  const [, navigate] = useLocation();
  const sighting = useLive((state) => state.sightings.get(cluster.uuid)?.sightings[0]);
  const taken = useTakenUp(cluster.uuid);
  const words =
    taken !== undefined && isOver(taken.operation)
      ? `It was merged into ${taken.into}.`
      : sighting === undefined
        ? null
        : sightingWords(sighting).title;
  if (words === null) return null;
  return (
    <div className={styles.box}>
      <Info size={16} strokeWidth={1.75} aria-hidden />
      <p className={styles.words}>{words}</p>
      <Button
        small
        tabIndex={tabIndex}
        onClick={() => navigate(`${clusterHref(cluster.clusterId)}?`)}
      >
        Look
      </Button>
    </div>
  );
}
