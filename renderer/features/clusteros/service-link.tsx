import { useMutation } from '@tanstack/react-query';
import { ExternalLink } from 'lucide-react';
import type { Cluster } from '#shared/contract/clusters';
import type { ServiceRow } from '#shared/contract/inventory';
import { useClient } from '../../app/context';
import { useFailureToast } from '../../app/failure-toast';
import styles from './service-link.module.css';

/** A service's name, which opens its web page in the system's browser where it has one. */
export function ServiceLink({ cluster, service }: { cluster: Cluster; service: ServiceRow }) {
  const client = useClient();
  const onError = useFailureToast();
  const open = useMutation({
    mutationFn: () => client.app.openService({ uuid: cluster.uuid, id: service.id }),
    onError,
  });
  if (service.url === null) return <span className={styles.name}>{service.name}</span>;
  return (
    <button
      type="button"
      className={styles.link}
      title={`Open ${service.url}`}
      disabled={open.isPending}
      onClick={() => open.mutate()}
    >
      <span className={styles.name}>{service.name}</span>
      <ExternalLink size={13} strokeWidth={1.75} aria-label="opens in the browser" role="img" />
    </button>
  );
}
