import { Globe } from 'lucide-react';
import type { Cluster } from '#shared/contract/clusters';
import type { ServiceRow } from '#shared/contract/inventory';
import { hostPort } from '#shared/domain/host';
import { useLive } from '../../app/context';
import { CodeText, CopyButton } from '../../ui/code';
import { EmptyState } from '../../ui/feedback';
import { StateDot } from '../../ui/state';
import { Cell, HeadCell, Table } from '../../ui/table';
import { isOld } from '../cluster/old';
import tables from '../cluster/tables.module.css';
import { ServiceLink } from './service-link';
import { useOrderedRows } from './use-members';
import { SERVICE_STATES } from './words';

const byName = ({ name, node }: ServiceRow) => `${name} ${node}`;

/** The web services that nodes offer to people. */
export function ServicesTab({ cluster }: { cluster: Cluster }) {
  const services = useOrderedRows(cluster.uuid, 'services', byName);
  const stale = useLive((state) => isOld(state.live.get(cluster.uuid)));
  if (services.length === 0) {
    return (
      <EmptyState icon={Globe} title="No service is known">
        Open OnDemand, JupyterHub, Rancher, ttyd, apache2 and filebrowser appear where a node runs
        them.
      </EmptyState>
    );
  }
  return (
    <Table label="Services" className={tables.table}>
      <thead>
        <tr>
          <HeadCell>Service</HeadCell>
          <HeadCell>State</HeadCell>
          <HeadCell>Node</HeadCell>
          <HeadCell>Address</HeadCell>
          <HeadCell>
            <span className="visually-hidden">Copy</span>
          </HeadCell>
        </tr>
      </thead>
      <tbody>
        {services.map((service) => {
          const address = service.url ?? hostPort(service.address, service.port);
          return (
            <tr key={service.id}>
              <Cell>
                <ServiceLink cluster={cluster} service={service} />
              </Cell>
              <Cell>
                {stale ? (
                  <StateDot tone="idle" word="not known now" showWord />
                ) : (
                  <StateDot {...SERVICE_STATES[service.status]} showWord />
                )}
              </Cell>
              <Cell quiet>{service.node}</Cell>
              <Cell className={tables.rest}>
                <CodeText quiet>{address}</CodeText>
              </Cell>
              <Cell numeric>
                <CopyButton text={address} label={`Copy the address of ${service.name}`} />
              </Cell>
            </tr>
          );
        })}
      </tbody>
    </Table>
  );
}
