import type { Sighting } from '#shared/contract/agent/merge';
import type { ClusterRecord } from '../../../membership/records';
import type { WhoAnswer } from './wire';

/** What one node said of itself to another one. */
export interface Heard {
  answer: Pick<WhoAnswer, 'cluster' | 'founding'>;
  /** whether it proved this cluster's key; means nothing where it names another cluster */
  isProved: boolean;
  /** whether its certificate is one of a member */
  isMember: boolean;
}

export interface Verdict {
  kind: Sighting['kind'];
  remedy: string;
}

/** What that node is to this cluster; null: one of its own, of which nothing is to be said. */
export function classify(
  own: Pick<ClusterRecord, 'uuid' | 'founding'>,
  { answer, isProved, isMember }: Heard,
): Verdict | null {
  if (answer.cluster.uuid !== own.uuid) {
    return {
      kind: 'foreign',
      remedy: 'To make one cluster of both, run: node-agent merge --with ADDRESS --plan',
    };
  }
  if (!isProved) {
    return {
      kind: 'impostor',
      remedy:
        'Find out which machine answers there. If it is yours, install the enrolment file of this cluster on it; else block its address.',
    };
  }
  if (answer.founding !== own.founding) {
    return {
      kind: 'partition',
      remedy:
        'This cluster was founded twice from one enrolment file. Decide which part stays, then empty the state folders of the other part and start its nodes: they join.',
    };
  }
  if (isMember) return null;
  return {
    kind: 'partition',
    remedy:
      'It belongs to this cluster, and this part does not know it. Mend the network between the two; they find each other by themselves.',
  };
}
