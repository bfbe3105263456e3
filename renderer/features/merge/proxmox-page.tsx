import { useQuery } from '@tanstack/react-query';
import { ArrowLeft, Boxes } from 'lucide-react';
import type { ReactNode } from 'react';
import { useLocation } from 'wouter';
import type { Cluster } from '#shared/contract/clusters';
import type { GuestRow } from '#shared/contract/inventory';
import { useParam } from '../../app/address';
import { useLive, useOrpc } from '../../app/context';
import { problemOf } from '../../transport/failure';
import { Button } from '../../ui/button';
import { Panel } from '../../ui/card';
import { CopyButton } from '../../ui/code';
import { EmptyState, ErrorNotice, Notice, Skeleton } from '../../ui/feedback';
import { Field } from '../../ui/field';
import { Page } from '../../ui/page';
import { Select } from '../../ui/select';
import { Stack } from '../../ui/stack';
import { clusterHref } from '../clusters/use-cluster-actions';
import { Duplicates } from './duplicates';
import { guestSteps, isoSteps, type MoveStep, templateSteps } from './move-steps';
import styles from './proxmox-page.module.css';

/** Why two Proxmox clusters are not merged, and what brings one nearly as far. */
export function ProxmoxPage({ cluster }: { cluster: Cluster }) {
  const [, navigate] = useLocation();
  return (
    <Page
      title="Two Proxmox clusters stay two"
      crumbs={[
        { label: 'Deck', href: '#/' },
        { label: cluster.name, href: `#${clusterHref(cluster.clusterId)}` },
      ]}
      lead={`${cluster.name} · what can be done instead`}
    >
      <Stack>
        <Notice
          tone="information"
          title="Proxmox VE cannot merge clusters, and nothing here pretends to."
        >
          <ul className={styles.why}>
            <li>A node joins a cluster only while it holds no guest; a cluster joins nothing.</li>
            <li>
              Each cluster has one configuration (pmxcfs) and one set of guest numbers. Two of them
              cannot be laid over each other.
            </li>
            <li>
              What can be moved is what lies in them: guests, templates and images. The nodes of the
              emptied cluster are then installed anew and join one after another.
            </li>
          </ul>
        </Notice>
        <OneCard cluster={cluster} />
        <Moving cluster={cluster} />
        <div>
          <Button
            icon={ArrowLeft}
            onClick={() => navigate(`${clusterHref(cluster.clusterId)}?`)}
          >{`Back to ${cluster.name}`}</Button>
        </div>
      </Stack>
    </Page>
  );
}

function OneCard({ cluster }: { cluster: Cluster }) {
  const found = useDuplicates(cluster);
  if (found.isError) return <ErrorNotice problem={problemOf(found.error)} />;
  if (found.data === undefined) return <Skeleton height="92px" />;
  if (found.data.length > 0) return <Duplicates of={cluster} found={found.data} />;
  return (
    <Panel title="One card for each cluster">
      <p className={styles.quiet}>
        No other card of this deck leads to {cluster.name}: endpoints, certificates and guests
        differ.
      </p>
    </Panel>
  );
}

/** Shared by all that ask for it. */
function useDuplicates({ uuid }: Cluster) {
  const orpc = useOrpc();
  return useQuery(orpc.merge.duplicates.queryOptions({ input: { uuid } }));
}

function Moving({ cluster }: { cluster: Cluster }) {
  const clusters = useLive((state) => state.clusters);
  const [named, choose] = useParam('with');
  const same = useDuplicates(cluster).data ?? [];
  const others = [...clusters.values()].filter(
    (one) =>
      one.kind === 'proxmox' &&
      one.uuid !== cluster.uuid &&
      !same.some(({ uuid }) => uuid === one.uuid),
  );
  const to = others.find((one) => one.clusterId === named) ?? others[0];
  if (to === undefined) {
    return (
      <EmptyState icon={Boxes} title={`${cluster.name} is the only Proxmox cluster here`}>
        With another one on the deck the steps for moving something there stand here.
      </EmptyState>
    );
  }
  return (
    <Panel
      title="Move what lies in it"
      note="Proxmox offers no call that hands an image to another cluster. These are the commands for the nodes’ shells; each is filled in as far as this desk knows it."
    >
      <Stack>
        <Field label="To which cluster" className={styles.target}>
          {(control) => (
            <Select
              {...control}
              value={to.clusterId}
              options={others.map(({ clusterId, name }) => ({ value: clusterId, label: name }))}
              onChange={(id) => choose(id, { replace: true })}
            />
          )}
        </Field>
        <Templates from={cluster} to={to} />
        <Steps
          title="An ISO image"
          note="Or let the other cluster fetch it from where it came from: its storage’s “Download from URL” takes the address and its checksum."
          steps={isoSteps(to)}
        />
        <Steps
          title="A virtual machine, also while it runs"
          note="Since Proxmox VE 7.3, still called experimental there; qm shows the token in its process list while it runs. Containers go the way of templates: backup and restore."
          steps={guestSteps(to)}
        />
      </Stack>
    </Panel>
  );
}

function Templates({ from, to }: { from: Cluster; to: Cluster }) {
  const [named, choose] = useParam('template');
  const own = useLive((state) => state.inventory.get(from.uuid)?.guests.byId);
  const theirs = useLive((state) => state.inventory.get(to.uuid)?.guests.byId);
  const templates = [...(own?.values() ?? [])].filter(({ template }) => template);
  const chosen = templates.find(({ id }) => id === named) ?? templates[0];
  if (chosen === undefined) {
    return (
      <section aria-label="A template">
        <h3 className={styles.title}>A template</h3>
        <p className={styles.quiet}>{from.name} has none.</p>
      </section>
    );
  }
  const taken = new Set([...(theirs?.values() ?? [])].map(({ vmid }) => vmid));
  return (
    <Steps
      title="A template"
      note="What vzdump makes of a template is a template again when it is restored."
      steps={templateSteps(chosen, to, taken)}
    >
      <Field label="Which one" className={styles.target}>
        {(control) => (
          <Select
            {...control}
            value={chosen.id}
            options={templates.map((one) => ({ value: one.id, label: labelOf(one) }))}
            onChange={(id) => choose(id, { replace: true })}
          />
        )}
      </Field>
    </Steps>
  );
}

const labelOf = ({ vmid, name, node }: GuestRow): string => `${vmid} ${name}, on ${node}`;

interface StepsProps {
  title: string;
  note: string;
  steps: readonly MoveStep[];
  children?: ReactNode;
}

function Steps({ title, note, steps, children }: StepsProps) {
  return (
    <section aria-label={title} className={styles.part}>
      <h3 className={styles.title}>{title}</h3>
      <p className={styles.quiet}>{note}</p>
      {children}
      <ol className={styles.steps}>
        {steps.map((step) => (
          <li key={step.title} className={styles.step}>
            <p>{step.title}</p>
            <div className={styles.command}>
              <code>{step.command}</code>
              <CopyButton text={step.command} label={`Copy the command: ${step.title}`} />
            </div>
          </li>
        ))}
      </ol>
    </section>
  );
}
