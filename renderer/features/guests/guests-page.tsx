import { useLive } from '../../app/context';
import type { LiveState } from '../../app/live-store';
import { Page } from '../../ui/page';
import { GuestList } from './guest-list';

/** Clusters whose guests may have changed since they were last heard of. */
function silentClusters(state: LiveState): number {
  let count = 0;
  for (const [uuid, live] of state.live) {
    const hasGuests = state.clusters.get(uuid)?.kind === 'proxmox';
    if (hasGuests && (live.stale || live.asOf === null)) count += 1;
  }
  return count;
}

/** The guests of all clusters. */
export default function GuestsPage() {
  const clusters = useLive(
    (state) => [...state.clusters.values()].filter(({ kind }) => kind === 'proxmox').length,
  );
  const silent = useLive(silentClusters);
  const words = clusters === 1 ? '1 cluster' : `${clusters} clusters`;
  return (
    <Page
      title="Guests"
      fill
      lead={
        silent === 0
          ? `Virtual machines and containers of ${words}.`
          : `Virtual machines and containers of ${words}. ${silent} of them did not answer lately; what they last said is shown in italics.`
      }
    >
      <GuestList
        only={null}
        name="guests"
        emptyNote="They appear as soon as a cluster has answered."
      />
    </Page>
  );
}
