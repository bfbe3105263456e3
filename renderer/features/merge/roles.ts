import type { MergeDecision } from '#shared/contract/agent/merge';
import type { Cluster } from '#shared/contract/clusters';
import type { MergeLook } from '#shared/contract/merge';

/** Who of two cards of the desk stays, and who is taken up. */
export interface Parts {
  gaining: Cluster;
  losing: Cluster;
  /** own uuid of the losing cluster, by which the agents name it */
  losingId: string;
  /** why, in a sentence */
  reason: string;
  /** somebody turned round what the rule says */
  isSwapped: boolean;
}

/** By the look and by whether somebody wants it the other way round; null while it is not known. */
export function partsOf(
  look: MergeLook | undefined,
  pair: readonly [Cluster, Cluster],
  isSwapped: boolean,
): Parts | null {
  if (look === undefined || look.decision === null || look.gaining === null) return null;
  const { decision } = look;
  const [first, second] = pair;
  const [ruled, other] = look.gaining === first.uuid ? [first, second] : [second, first];
  return isSwapped
    ? {
        gaining: other,
        losing: ruled,
        losingId: decision.gaining.uuid,
        reason: `You chose that ${other.name} stays. By the rule ${ruled.name} would: ${decision.reason}`,
        isSwapped,
      }
    : {
        gaining: ruled,
        losing: other,
        losingId: decision.losing.uuid,
        reason: decision.reason,
        isSwapped,
      };
}

/** Which rule decided, in a word or two. */
export const RULE_WORDS: Record<MergeDecision['by'], string> = {
  nodes: 'more stable nodes',
  age: 'the older one',
  uuid: 'by uuid',
  admin: 'as you chose',
};
