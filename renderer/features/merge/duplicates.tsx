import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Combine } from 'lucide-react';
import { useState } from 'react';
import type { Cluster } from '#shared/contract/clusters';
import type { Duplicate } from '#shared/contract/merge';
import { useClient, useLive, useOrpc } from '../../app/context';
import { problemOf } from '../../transport/failure';
import { Button } from '../../ui/button';
import { Panel } from '../../ui/card';
import { CodeText } from '../../ui/code';
import { ConfirmDialog } from '../../ui/confirm-dialog';
import { ErrorNotice } from '../../ui/feedback';
import { Stack } from '../../ui/stack';
import { useToasts } from '../../ui/toast';
import { useBlock } from '../access/use-block';
import { ProtectedNotice } from '../clusters/action-parts';
import styles from './duplicates.module.css';

interface DuplicatesProps {
  of: Cluster;
  found: readonly Duplicate[];
}

/** Other cards of the same cluster, each with what speaks for it and the button that makes them one. */
export function Duplicates({ of, found }: DuplicatesProps) {
  return (
    <Panel
      title={
        found.length === 1 ? 'One other card leads to it' : `${found.length} other cards lead to it`
      }
      note={`${of.name} takes over ${found.length === 1 ? 'its endpoints, and it is' : 'their endpoints, and they are'} taken off the deck. The cluster itself is not touched.`}
    >
      <ul className={styles.list}>
        {found.map((one) => (
          <Line key={one.uuid} of={of} one={one} />
        ))}
      </ul>
    </Panel>
  );
}

function Line({ of, one }: { of: Cluster; one: Duplicate }) {
  const other = useLive((state) => state.clusters.get(one.uuid));
  const [isAsked, setAsked] = useState(false);
  const blockOf = useBlock(of);
  const blockOther = useBlock(other ?? of);
  if (other === undefined) return null;
  return (
    <li className={styles.line}>
      <div className={styles.words}>
        <p className={styles.name}>
          {other.name} <CodeText quiet>{other.clusterId}</CodeText>
        </p>
        {one.evidence.map((sentence) => (
          <p key={sentence} className={styles.evidence}>
            {sentence}
          </p>
        ))}
      </div>
      <Button small icon={Combine} why={blockOf ?? blockOther} onClick={() => setAsked(true)}>
        Make one card of both
      </Button>
      {isAsked && <Consolidate of={of} other={other} one={one} onClose={() => setAsked(false)} />}
    </li>
  );
}

interface ConsolidateProps {
  of: Cluster;
  other: Cluster;
  one: Duplicate;
  onClose: () => void;
}

function Consolidate({ of, other, one, onClose }: ConsolidateProps) {
  const client = useClient();
  const orpc = useOrpc();
  const queries = useQueryClient();
  const { notify } = useToasts();
  const consolidate = useMutation({
    mutationFn: (typed: string) =>
      client.merge.consolidate({
        keep: of.uuid,
        drop: other.uuid,
        ...(typed !== '' && { confirm: typed }),
      }),
    onSuccess: async ({ endpoints }) => {
      onClose();
      await queries.invalidateQueries({ queryKey: orpc.merge.key() });
      notify({
        tone: 'ok',
        title: `${other.name} is part of ${of.name} now`,
        detail: `It has ${endpoints} ${endpoints === 1 ? 'endpoint' : 'endpoints'}.`,
      });
    },
  });
  return (
    <ConfirmDialog
      open
      onOpenChange={onClose}
      title={`Make one card of ${of.name} and ${other.name}?`}
      action="Make one card"
      typed={other.protected ? other.clusterId : undefined}
      busy={consolidate.isPending}
      onConfirm={(typed) => consolidate.mutate(typed)}
      error={consolidate.isError && <ErrorNotice problem={problemOf(consolidate.error)} />}
    >
      <Stack>
        <p>
          {one.endpoints.length === 0
            ? `${of.name} has all endpoints of ${other.name} already.`
            : `${of.name} takes over ${one.endpoints.join(', ')}.`}
        </p>
        <p>
          {other.name} is taken off the deck with its password or token, its group and its settings.
          The cluster goes on as it is.
        </p>
        {other.protected && <ProtectedNotice />}
      </Stack>
    </ConfirmDialog>
  );
}
