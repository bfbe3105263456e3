import type { ClusterKind } from '#shared/contract/clusters';
import type { ClusterLive } from '#shared/contract/inventory';
import { bytes, count, percent, plain } from '#shared/domain/units';
import { cx } from '../../ui/cx';
import { Sparkline } from '../../ui/sparkline';
import { Value } from '../../ui/value';
import { shareOf, type Usage } from '../clusters/usage';
import styles from './card-usage.module.css';

type Measure = 'cpu' | 'memory' | 'storage';

const MEASURES: Record<
  Measure,
  { words: (usage: Usage) => string; warnAt: number; badAt: number }
> = {
  cpu: {
    words: ({ used, total }) => `${plain(count(used))} of ${plain(count(total))} cores`,
    warnAt: 0.85,
    badAt: 0.97,
  },
  memory: {
    words: ({ used, total }) => `${plain(bytes(used))} of ${plain(bytes(total))}`,
    warnAt: 0.85,
    badAt: 0.95,
  },
  storage: {
    words: ({ used, total }) => `${plain(bytes(used, 'si'))} of ${plain(bytes(total, 'si'))}`,
    warnAt: 0.8,
    badAt: 0.92,
  },
};

interface CardUsageProps {
  kind: ClusterKind;
  live: ClusterLive | undefined;
}

/** CPU, memory and storage with an hour's line each; the lines take what height is left. */
export function CardUsage({ kind, live }: CardUsageProps) {
  const storage = kind === 'clusteros' ? 'Disk' : 'Storage';
  return (
    <dl className={styles.usage}>
      <UsageCell measure="cpu" label="CPU" live={live} />
      <UsageCell measure="memory" label="Memory" live={live} />
      <UsageCell measure="storage" label={storage} live={live} />
    </dl>
  );
}

function UsageCell(props: { measure: Measure; label: string; live: ClusterLive | undefined }) {
  const { measure, label, live } = props;
  const { words, warnAt, badAt } = MEASURES[measure];
  const usage = live?.totals?.[measure];
  const share = shareOf(usage);
  const stale = live?.stale ?? false;
  const tone = share === null || share < warnAt ? 'plain' : share < badAt ? 'warning' : 'bad';
  const shown = percent(share);
  return (
    <div className={styles.cell} title={usage && share !== null ? words(usage) : undefined}>
      <dt className={styles.label}>{label}</dt>
      <dd className={cx(styles.value, tone !== 'plain' && !stale && styles[tone])}>
        <Value value={share === null ? null : shown.text} unit={shown.unit} stale={stale} />
        {usage && share !== null && <span className="visually-hidden">, {words(usage)}</span>}
      </dd>
      <dd className={styles.spark} aria-hidden>
        <Sparkline values={live?.spark[measure] ?? []} tone={tone} stale={stale} />
      </dd>
    </div>
  );
}
