import { z } from 'zod';
import { defineHand } from '../../hands/define';

/** What one node sees of who keeps the shared state. */
export const lookAtEtcd = defineHand({
  name: 'etcd/look',
  changes: false,
  input: z.strictObject({}),
  output: z.object({
    /** of this node; null where it keeps no copy */
    memberId: z.string().nullable(),
    /** node id of who leads; null where nobody does */
    leader: z.string().nullable(),
    members: z.array(
      z.object({
        /** node id */
        node: z.string(),
        memberId: z.string(),
        isLearner: z.boolean(),
        /** it answers, and knows a leader */
        isAnswering: z.boolean(),
        raftIndex: z.number(),
      }),
    ),
  }),
});

/** Hands the lead on to a voter, asked on the node that has it. */
export const yieldLead = defineHand({
  name: 'etcd/lead',
  changes: true,
  /** node id */
  input: z.strictObject({ to: z.string().min(1).max(64) }),
  output: z.strictObject({}),
});
