import { useMutation } from '@tanstack/react-query';
import { Combine, Eye, ShieldAlert, Unplug } from 'lucide-react';
import { useLocation } from 'wouter';
import type { Sighting } from '#shared/contract/agent/merge';
import { isOver } from '#shared/contract/agent/operations';
import type { Cluster } from '#shared/contract/clusters';
import { duration, plain } from '#shared/domain/units';
import { useClient, useLive } from '../../app/context';
import { useFailureToast } from '../../app/failure-toast';
import { Ago } from '../../ui/ago';
import { Button } from '../../ui/button';
import { Notice } from '../../ui/feedback';
import { Moment } from '../../ui/moment';
import { useNow } from '../../ui/now';
import { Stack } from '../../ui/stack';
import { useToasts } from '../../ui/toast';
import { useBlock } from '../access/use-block';
import { operationHref } from '../handoff/address';
import { mergeHref } from './address';
import { type TakenUp, takenUp } from './merged';
import { otherCard, sightingWords } from './sighting-words';

/** What a cluster's page says of other clusters: seen ones, parted ones, and one that took it up. */
export function QuietNotices({ cluster }: { cluster: Cluster }) {
  const sightings = useLive((state) => state.sightings.get(cluster.uuid)?.sightings);
  const taken = useTakenUp(cluster.uuid);
  const same = useLive((state) => otherCard(state, cluster.uuid, 'same'));
  const parted = useLive((state) => otherCard(state, cluster.uuid, 'parted'));
  return (
    <>
      {taken !== undefined && <TakenUpNotice cluster={cluster} taken={taken} />}
      {taken === undefined && same !== undefined && <SameNotice cluster={cluster} other={same} />}
      {parted !== undefined && (
        <Notice
          tone="warning"
          icon={Unplug}
          title={`This card and ${parted.name} show two parts of one cluster.`}
        >
          Both have its id, and neither sees the other’s nodes. Mend the network between them: a
          parted cluster heals, it is never merged.
        </Notice>
      )}
      {sightings?.map((sighting) => (
        <SightingNotice
          key={`${sighting.kind} ${sighting.cluster.uuid}`}
          cluster={cluster}
          sighting={sighting}
        />
      ))}
    </>
  );
}

/** The merge that took or takes up this card's cluster; undefined where there is none. */
export function useTakenUp(uuid: string): TakenUp | undefined {
  // each by itself, for what is made anew at each push would draw every card of the deck again
  const operation = useLive((state) => takenUp(state, uuid)?.operation);
  const card = useLive((state) => takenUp(state, uuid)?.card);
  if (operation === undefined) return undefined;
  return { operation, into: operation.merge?.gaining.name ?? '', card };
}

function TakenUpNotice({ cluster, taken }: { cluster: Cluster; taken: TakenUp }) {
  const [, navigate] = useLocation();
  const now = useNow();
  const { operation, into, card } = taken;
  const place = card?.clusterId ?? cluster.clusterId;
  const look = (
    <Button small onClick={() => navigate(`${operationHref(place, operation.id)}?`)}>
      Look
    </Button>
  );
  // while it runs it stands above as what is under way
  if (!isOver(operation)) return null;
  const until = operation.rollbackUntil;
  const isOpen = until !== null && until > now;
  return (
    <Notice
      tone="information"
      icon={Combine}
      title={
        <>
          It was merged into {into}
          {operation.endedAt !== null && (
            <>
              {' '}
              on <Moment at={operation.endedAt} />
            </>
          )}
          .
        </>
      }
      action={
        isOpen || card === undefined ? (
          look
        ) : (
          <Button
            small
            icon={Combine}
            onClick={() => navigate(mergeHref(card.clusterId, cluster.clusterId))}
          >
            Make one card of both
          </Button>
        )
      }
    >
      {isOpen
        ? `Keep this card for another ${plain(duration((until - now) / 1000))}: so long the merge can be rolled back.`
        : card === undefined
          ? 'Its nodes answer for the other cluster now. Give this card that name, or take it off the deck.'
          : `Its nodes answer for ${into} now. This card is not needed any more.`}
    </Notice>
  );
}

function SameNotice({ cluster, other }: { cluster: Cluster; other: Cluster }) {
  const [, navigate] = useLocation();
  return (
    <Notice
      tone="information"
      icon={Combine}
      title={`The card ${other.name} shows the same cluster.`}
      action={
        <Button small onClick={() => navigate(mergeHref(cluster.clusterId, other.clusterId))}>
          Look
        </Button>
      }
    >
      One card is enough; what both lead to can be put on one.
    </Notice>
  );
}

/** Takes back what was permitted when a merge was looked at. */
function Forbid({ cluster, other }: { cluster: Cluster; other: Cluster }) {
  const client = useClient();
  const { notify } = useToasts();
  const onError = useFailureToast();
  const own = useBlock(cluster);
  const theirs = useBlock(other);
  const forbid = useMutation({
    mutationFn: () => client.merge.forbid({ clusters: [cluster.uuid, other.uuid] }),
    onSuccess: ({ message }) => {
      notify({ tone: 'ok', title: message });
      void client.merge.sightings({ uuid: cluster.uuid, refresh: true }).catch(() => undefined);
    },
    onError,
  });
  return (
    <Button small why={own ?? theirs} busy={forbid.isPending} onClick={() => forbid.mutate()}>
      Take the permission back
    </Button>
  );
}

const ICONS = { partition: Unplug, foreign: Eye, impostor: ShieldAlert } as const;

function SightingNotice({ cluster, sighting }: { cluster: Cluster; sighting: Sighting }) {
  const [, navigate] = useLocation();
  const other = useLive((state) =>
    [...state.clusters.values()].find(
      ({ uuid }) =>
        uuid !== cluster.uuid && state.live.get(uuid)?.clusteros?.id === sighting.cluster.uuid,
    ),
  );
  const { title, tone } = sightingWords(sighting);
  return (
    <Notice
      tone={tone}
      icon={ICONS[sighting.kind]}
      title={title}
      action={
        sighting.kind === 'foreign' &&
        other !== undefined && (
          <Stack direction="row" gap="small">
            {sighting.pact && <Forbid cluster={cluster} other={other} />}
            <Button small onClick={() => navigate(mergeHref(cluster.clusterId, other.clusterId))}>
              Look at a merge
            </Button>
          </Stack>
        )
      }
    >
      <p>
        Seen by {sighting.seen_by.join(', ')} at {sighting.addresses.slice(0, 3).join(', ')}
        {sighting.addresses.length > 3 && ` and ${sighting.addresses.length - 3} more`},{' '}
        <Ago at={sighting.last_seen} />.
      </p>
      {sighting.remedy !== '' && <p>{sighting.remedy}</p>}
    </Notice>
  );
}
