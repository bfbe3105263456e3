import { hostPort } from '#shared/domain/host';
import { newcomerText, readEnrolmentText } from '../../../identity/enrolment';
import { memberRecord } from '../../../membership/records';
import type { Membership } from '../../../membership/types';
import type { State } from '../../../state/types';

const MEMBERS = 'members/';
/** Any of them leads into the cluster. */
const MAX_SEEDS = 20;

interface Deps {
  membership: Pick<Membership, 'members'>;
  state: Pick<State, 'list'>;
  /** of this node's own enrolment file */
  path: string;
}

/**
 * Text of the enrolment file by which a node comes into this cluster, wherever it was written for: its
 * seeds are the members that answer now. It holds the cluster key and is never logged.
 * @throws Failure NOT_FOUND | PERMISSION_DENIED | INVALID_INPUT | of the state
 */
export async function enrolmentForNewcomers({ membership, state, path }: Deps): Promise<string> {
  const [text, entries] = await Promise.all([
    readEnrolmentText(path),
    state.list(MEMBERS, { stale: true }),
  ]);
  const alive = new Set(
    membership.members().flatMap(({ id, status }) => (status === 'alive' ? [id] : [])),
  );
  const seeds = entries.flatMap(({ value }) => {
    const { data } = memberRecord.safeParse(value);
    if (data === undefined || !alive.has(data.id)) return [];
    return [hostPort(data.address, data.gossipPort)];
  });
  return newcomerText(text, seeds.slice(0, MAX_SEEDS), path);
}
