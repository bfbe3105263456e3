import { SlidersHorizontal } from 'lucide-react';
import { Link, useRoute } from 'wouter';
import type { Group } from '#shared/contract/clusters';
import { useLive } from '../../app/context';
import { useDialogs } from '../../app/dialogs';
import { IconButton } from '../../ui/button';
import { cx } from '../../ui/cx';
import styles from './group-links.module.css';

/** The groups in the sidebar, each with its colour and how many clusters it has. */
export function GroupLinks() {
  const groups = useLive((state) => state.groups);
  const dialogs = useDialogs();
  return (
    <nav aria-label="Groups" className={styles.groups}>
      <div className={styles.head}>
        <h2>Groups</h2>
        <IconButton
          icon={SlidersHorizontal}
          size={14}
          label="Manage groups"
          onClick={() => dialogs.open({ type: 'groups' })}
        />
      </div>
      {groups.length === 0 && <p className={styles.none}>None yet</p>}
      {groups.map((group) => (
        <GroupLink key={group.uuid} group={group} />
      ))}
    </nav>
  );
}

function GroupLink({ group }: { group: Group }) {
  const href = `/groups/${group.uuid}`;
  const [here] = useRoute(href);
  const count = useLive((state) => {
    let members = 0;
    for (const cluster of state.clusters.values())
      if (cluster.groupUuid === group.uuid) members += 1;
    return members;
  });
  return (
    <Link
      href={href}
      className={cx(styles.link, here && styles.here)}
      aria-current={here ? 'page' : undefined}
    >
      <span className={styles.mark} style={{ background: group.colour }} />
      <span className={styles.name}>{group.name}</span>
      <span className={styles.count}>
        {count}
        <span className="visually-hidden"> {count === 1 ? 'cluster' : 'clusters'}</span>
      </span>
    </Link>
  );
}
