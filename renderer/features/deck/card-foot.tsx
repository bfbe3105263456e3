import type { ReactNode } from 'react';
import type { Cluster } from '#shared/contract/clusters';
import { priorityBand } from '#shared/domain/priority';
import { cx } from '../../ui/cx';
import { Tooltip } from '../../ui/tooltip';
import { useBlock } from '../access/use-block';
import { bandName } from '../clusters/priority';
import { DEPLOYMENT_TOGGLES } from '../clusters/toggles';
import { useClusterActions } from '../clusters/use-cluster-actions';
import styles from './card-foot.module.css';

interface CardFootProps {
  cluster: Cluster;
  tabIndex: number;
  /** the age, at the right */
  children: ReactNode;
}

/** Priority and, of a cluster with guests, the four toggles, which can be switched here. */
export function CardFoot({ cluster, tabIndex, children }: CardFootProps) {
  const actions = useClusterActions(cluster);
  const block = useBlock(cluster);
  return (
    <div className={styles.foot}>
      <span className={styles.priority} title={`Priority ${cluster.priority} of 100`}>
        <span className={cx(styles.band, styles[priorityBand(cluster.priority)])} aria-hidden />
        <span className="visually-hidden">Priority </span>
        {bandName(cluster.priority)} <strong>{cluster.priority}</strong>
      </span>
      <span className={styles.toggles}>
        {(cluster.kind === 'proxmox' ? DEPLOYMENT_TOGGLES : []).map(
          ({ field, name, sentence, icon: Icon }) => {
            const on = cluster[field];
            return (
              <Tooltip
                key={field}
                content={<ToggleTip name={name} on={on} sentence={block ?? sentence} />}
              >
                <button
                  type="button"
                  className={cx(styles.toggle, on && styles.on)}
                  aria-pressed={on}
                  aria-label={name}
                  tabIndex={tabIndex}
                  disabled={actions.changing}
                  aria-disabled={block === null ? undefined : true}
                  onClick={() => {
                    if (block === null) actions.change({ [field]: !on });
                  }}
                >
                  <Icon size={14} strokeWidth={1.75} aria-hidden />
                </button>
              </Tooltip>
            );
          },
        )}
      </span>
      {children}
    </div>
  );
}

function ToggleTip({ name, on, sentence }: { name: string; on: boolean; sentence: string }) {
  return (
    <>
      <strong>
        {name}: {on ? 'on' : 'off'}
      </strong>
      <br />
      {sentence}
    </>
  );
}
