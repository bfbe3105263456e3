import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { EnrolRequestInput } from '#shared/contract/agents';
import type { Cluster } from '#shared/contract/clusters';
import { useClient, useOrpc } from '../../app/context';
import { type Problem, problemOf } from '../../transport/failure';
import { Button } from '../../ui/button';
import { Dialog } from '../../ui/dialog';
import { ErrorNotice, Skeleton } from '../../ui/feedback';
import { Stack } from '../../ui/stack';
import { useBlock } from '../access/use-block';
import { EnrolCluster } from './enrol-cluster';
import { EnrolDone } from './enrol-done';
import { beginning, type EnrolErrors, type EnrolForm, enrolInput } from './enrol-form';
import { EnrolNodes } from './enrol-nodes';

interface EnrolDialogProps {
  /** the cluster that gets more nodes; undefined begins a new one */
  cluster: Cluster | undefined;
  onClose: () => void;
}

/** Writes what new nodes need to join a cluster, or to begin one. */
export default function EnrolDialog({ cluster, onClose }: EnrolDialogProps) {
  const uuid = cluster?.uuid;
  const defaults = useQuery(
    useOrpc().agents.enrolDefaults.queryOptions({
      input: uuid === undefined ? {} : { uuid },
      gcTime: 0,
    }),
  );
  if (defaults.data !== undefined) {
    return (
      <Enrolling
        first={beginning(defaults.data, uuid ?? null)}
        cluster={cluster}
        onClose={onClose}
      />
    );
  }
  return (
    <Dialog
      open
      title="Enrol nodes"
      onOpenChange={onClose}
      footer={<Button onClick={onClose}>Cancel</Button>}
    >
      {defaults.isError ? (
        <ErrorNotice problem={problemOf(defaults.error)} />
      ) : (
        <Skeleton height="320px" />
      )}
    </Dialog>
  );
}

function Enrolling(props: EnrolDialogProps & { first: EnrolForm }) {
  const { cluster, first, onClose } = props;
  const client = useClient();
  const block = useBlock(cluster);
  const [form, setForm] = useState(first);
  const [tried, setTried] = useState(false);
  // no key may stay behind in a cache: the request lives as long as this dialog
  const write = useMutation({
    mutationFn: (request: EnrolRequestInput) => client.agents.enrol(request),
    gcTime: 0,
  });
  const change = (changes: Partial<EnrolForm>) => {
    setForm({ ...form, ...changes });
    if (write.isError) write.reset();
  };
  if (write.data !== undefined) return <EnrolDone result={write.data} onClose={onClose} />;

  const { value, errors } = enrolInput(form);
  const problem = write.isError ? problemOf(write.error) : null;
  const shown: EnrolErrors = { ...(tried ? errors : {}), ...problem?.data?.fields };
  return (
    <Dialog
      open
      size="large"
      title="Enrol nodes"
      description="Writes the enrolment file, the systemd unit and the user-data for cloud-init to a folder of this machine."
      onOpenChange={onClose}
      dismissable={!write.isPending}
      footer={
        <>
          <Button onClick={onClose} disabled={write.isPending}>
            Cancel
          </Button>
          <Button
            tone="primary"
            busy={write.isPending}
            why={block}
            onClick={() => {
              setTried(true);
              if (value !== null) write.mutate(value);
            }}
          >
            Write the files
          </Button>
        </>
      }
    >
      <Stack gap="large">
        <EnrolCluster form={form} errors={shown} onChange={change} />
        <EnrolNodes form={form} errors={shown} onChange={change} />
        {problem && !hasPlace(problem) && <ErrorNotice problem={problem} />}
        {tried && errors !== null && (
          <p role="status">Nothing was written: correct the marked fields first.</p>
        )}
      </Stack>
    </Dialog>
  );
}

/** Whether a refusal is shown at a field already. */
const hasPlace = ({ data }: Problem) => Object.keys(data?.fields ?? {}).length > 0;
