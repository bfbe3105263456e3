import { useQuery } from '@tanstack/react-query';
import { useOrpc } from '../../app/context';
import { problemOf } from '../../transport/failure';
import { Button } from '../../ui/button';
import { CodeText, CopyButton } from '../../ui/code';
import { ErrorNotice, Skeleton } from '../../ui/feedback';
import styles from './guest-drawer.module.css';

const SKELETON = '120px';

/** What only the cluster can tell, asked when the drawer opens: addresses and configuration. */
export function GuestInside({ uuid, guestId }: { uuid: string; guestId: string }) {
  const shown = useQuery(useOrpc().guests.show.queryOptions({ input: { uuid, guestId } }));
  if (shown.isError) {
    return (
      <ErrorNotice
        problem={problemOf(shown.error)}
        action={
          <Button small busy={shown.isFetching} onClick={() => void shown.refetch()}>
            Try again
          </Button>
        }
      />
    );
  }
  if (shown.data === undefined) return <Skeleton height={SKELETON} />;
  const { addresses, addressesNote, config } = shown.data;
  return (
    <>
      <section aria-label="Addresses">
        <h3 className={styles.heading}>Addresses</h3>
        {addresses.length === 0 ? (
          <p className={styles.quiet}>{addressesNote ?? 'It has told no address.'}</p>
        ) : (
          <ul>
            {addresses.map((entry) => (
              <li key={`${entry.interface} ${entry.address}`} className={styles.address}>
                <span className={styles.quiet}>{entry.interface}</span>
                <CodeText>{entry.address}</CodeText>
                <CopyButton text={entry.address} label={`Copy ${entry.address}`} />
              </li>
            ))}
          </ul>
        )}
      </section>
      <Configuration config={config} />
    </>
  );
}

function Configuration({ config }: { config: Readonly<Record<string, string>> }) {
  const entries = Object.entries(config).toSorted(([a], [b]) =>
    a.localeCompare(b, 'en', { numeric: true }),
  );
  return (
    <section aria-label="Configuration">
      <h3 className={styles.heading}>Configuration</h3>
      <dl className={styles.config}>
        {entries.map(([key, value]) => (
          <div key={key} className={styles.entry}>
            <dt>{key}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
