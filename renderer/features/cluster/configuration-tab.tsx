import { useQuery } from '@tanstack/react-query';
import { KeyRound, Pencil } from 'lucide-react';
import type { ReactNode } from 'react';
import type { Cluster } from '#shared/contract/clusters';
import type { ClusterosLive } from '#shared/contract/inventory';
import { hostPort } from '#shared/domain/host';
import { useLive, useOrpc } from '../../app/context';
import { problemOf } from '../../transport/failure';
import { Button } from '../../ui/button';
import { Panel } from '../../ui/card';
import { CodeText, Fingerprint } from '../../ui/code';
import { Facts } from '../../ui/facts';
import { ErrorNotice, Notice, Skeleton } from '../../ui/feedback';
import { Moment } from '../../ui/moment';
import { Stack } from '../../ui/stack';
import { useBlock } from '../access/use-block';
import { bandName } from '../clusters/priority';
import { DEPLOYMENT_TOGGLES } from '../clusters/toggles';
import { useClusterActions } from '../clusters/use-cluster-actions';
import { PrivilegeTable } from '../connection/privilege-table';
import styles from './cluster-page.module.css';

/** How a cluster is set up on this desk, to read; "Edit" leads to the form. */
export function ConfigurationTab({ cluster }: { cluster: Cluster }) {
  const actions = useClusterActions(cluster);
  const block = useBlock(cluster);
  const isProxmox = cluster.kind === 'proxmox';
  const edit = (
    <Button small icon={Pencil} onClick={actions.edit}>
      Edit
    </Button>
  );
  return (
    <div className={styles.panels}>
      <Panel title="Connection" aside={edit}>
        <Facts facts={connectionFacts(cluster)} />
      </Panel>
      <Panel title="Certificates" note={VERIFY[cluster.verify]}>
        <Endpoints cluster={cluster} onCompare={actions.trust} />
      </Panel>
      {isProxmox && (
        <Panel title="Deployment" aside={edit}>
          <Facts facts={deploymentFacts(cluster)} />
        </Panel>
      )}
      <Panel title="Appearance" aside={edit}>
        <Appearance cluster={cluster} />
      </Panel>
      {isProxmox ? (
        <Panel
          title="Privileges"
          className={styles.wide}
          note="What the account may do there, and what is missing for the rest."
          aside={
            cluster.authKind === 'password' && (
              <Button small icon={KeyRound} why={block} onClick={actions.mint}>
                Mint a token
              </Button>
            )
          }
        >
          <Privileges uuid={cluster.uuid} />
        </Panel>
      ) : (
        <Panel title="Cluster" note="As its agents tell it.">
          <ClusterosFacts uuid={cluster.uuid} />
        </Panel>
      )}
      <Panel title="Careful here" className={styles.wide}>
        <DangerZone cluster={cluster} />
      </Panel>
    </div>
  );
}

const VERIFY: Record<Cluster['verify'], string> = {
  pin: 'A server must show exactly the pinned certificate.',
  ca: 'A server must show a certificate that this machine’s CAs vouch for.',
  off: 'Nothing is verified.',
};

function connectionFacts(cluster: Cluster): [string, ReactNode][] {
  return [
    ['Id', <CodeText key="id">{cluster.clusterId}</CodeText>],
    ['Number', cluster.number],
    [
      'Endpoints',
      <ul key="endpoints">
        {cluster.endpoints.map(({ host, port }) => (
          <li key={`${host} ${port}`}>{hostPort(host, port)}</li>
        ))}
      </ul>,
    ],
    ...(cluster.kind === 'clusteros' ? [] : [account(cluster)]),
    [
      cluster.kind === 'clusteros' ? 'Token' : 'Secret',
      cluster.hasSecret ? 'sealed in the vault' : 'none is stored',
    ],
    ['Watched', cluster.isActive ? 'yes' : 'no, in maintenance'],
    ['Default', cluster.isDefault ? 'yes' : 'no'],
  ];
}

function account({ authKind, tokenId, user }: Cluster): [string, ReactNode] {
  const isToken = authKind === 'token';
  return [
    isToken ? 'Token' : 'User',
    <CodeText key="account">{isToken ? (tokenId ?? '') : user}</CodeText>,
  ];
}

const RIGHTS: Record<ClusterosLive['rights'], string> = {
  viewer: 'may look',
  operator: 'may look, and act on nodes and jobs',
  admin: 'may do everything',
};

function ClusterosFacts({ uuid }: { uuid: string }) {
  const live = useLive((state) => state.live.get(uuid));
  const own = live?.clusteros ?? null;
  if (own === null) return <p className={styles.quiet}>It has not answered yet.</p>;
  return (
    <Facts
      facts={[
        ['Name', live?.clusterName ?? '–'],
        ['Its own id', <CodeText key="id">{own.id}</CodeText>],
        ['Region', own.region === '' ? '–' : own.region],
        ['Data centre', own.datacenter === '' ? '–' : own.datacenter],
        ['Founded', <Moment key="founded" at={own.createdAt} />],
        ['The token', RIGHTS[own.rights]],
        ['Shared state', STATES[own.state]],
      ]}
    />
  );
}

const STATES: Record<ClusterosLive['state'], string> = {
  ok: 'can be read and written',
  'read-only': 'read only: it lost its quorum',
  unreachable: 'does not answer',
};

function deploymentFacts(cluster: Cluster): [string, ReactNode][] {
  return [
    ['Priority', `${bandName(cluster.priority)}, ${cluster.priority} of 100`],
    ...DEPLOYMENT_TOGGLES.map(({ field, name }): [string, ReactNode] => [
      name,
      cluster[field] ? 'on' : 'off',
    ]),
    ['New disks', cluster.defaultStorage ?? 'no storage chosen'],
    ['Templates', cluster.templateStorage ?? 'no storage chosen'],
    ['ISO images', cluster.isoStorage ?? 'no storage chosen'],
  ];
}

function Appearance({ cluster }: { cluster: Cluster }) {
  const group = useLive((state) => state.groups.find(({ uuid }) => uuid === cluster.groupUuid));
  const remote = useLive((state) => state.remotes.find(({ uuid }) => uuid === cluster.remoteUuid));
  return (
    <Facts
      facts={[
        ['Name', cluster.name],
        ['Group', group?.name ?? 'none'],
        ['Kept in step with', remote?.name ?? 'no remote'],
        ['Description', cluster.description === '' ? 'none' : cluster.description],
        ['Added', <Moment key="added" at={cluster.createdAt} />],
        ['Changed', <Moment key="changed" at={cluster.updatedAt} />],
      ]}
    />
  );
}

function Endpoints({ cluster, onCompare }: { cluster: Cluster; onCompare: () => void }) {
  if (cluster.verify === 'off') {
    return (
      <Notice tone="warning" title="Anyone between this desk and the cluster can read along.">
        Pin the certificate or use one by a CA: edit the connection.
      </Notice>
    );
  }
  return (
    <Stack>
      {cluster.endpoints.map(({ host, port, pin }) => (
        <div key={`${host} ${port}`}>
          <p className={styles.endpoint}>{hostPort(host, port)}</p>
          {pin === null ? (
            <p className={styles.quiet}>No certificate is pinned.</p>
          ) : (
            <Fingerprint value={pin} />
          )}
        </div>
      ))}
      <div>
        <Button small onClick={onCompare}>
          Compare with what it shows now
        </Button>
      </div>
    </Stack>
  );
}

function Privileges({ uuid }: { uuid: string }) {
  const missing = useQuery(useOrpc().connection.missing.queryOptions({ input: { uuid } }));
  if (missing.isError) {
    return (
      <ErrorNotice
        problem={problemOf(missing.error)}
        action={
          <Button small busy={missing.isFetching} onClick={() => void missing.refetch()}>
            Try again
          </Button>
        }
      />
    );
  }
  if (missing.data === undefined) return <Skeleton height="220px" />;
  return <PrivilegeTable features={missing.data} />;
}

function DangerZone({ cluster }: { cluster: Cluster }) {
  const actions = useClusterActions(cluster);
  const block = useBlock(cluster);
  const viewer = useBlock();
  const isLast = useLive((state) => state.clusters.size === 1);
  return (
    <Stack>
      <div className={styles.danger}>
        <p>
          <strong>Delete {cluster.name} from this desk.</strong> The cluster itself goes on.
          {cluster.protected && ' It is protected: its id has to be typed.'}
          {isLast && ' It is the last one and cannot be deleted.'}
        </p>
        <Button tone="danger" disabled={isLast} why={block} onClick={actions.remove}>
          Delete
        </Button>
      </div>
      <div className={styles.danger}>
        <p>
          <strong>{cluster.isActive ? 'Take it into maintenance.' : 'End its maintenance.'}</strong>{' '}
          In maintenance it is neither watched nor deployed to.
        </p>
        <Button
          busy={actions.changing}
          why={block}
          onClick={() => actions.change({ isActive: !cluster.isActive })}
        >
          {cluster.isActive ? 'Start maintenance' : 'End maintenance'}
        </Button>
      </div>
      <div className={styles.danger}>
        <p>
          <strong>{cluster.readOnly ? 'It is read only here.' : 'Make it read only.'}</strong> Then
          nothing here changes its configuration or acts on its guests.
        </p>
        <Button
          busy={actions.changing}
          why={viewer}
          onClick={() => actions.change({ readOnly: !cluster.readOnly })}
        >
          {cluster.readOnly ? 'Allow changes' : 'Make it read only'}
        </Button>
      </div>
    </Stack>
  );
}
