import { z } from 'zod';
import { clusterName } from '#shared/contract/agent/merge';

/** One node asks another which cluster it belongs to; whoever can reach the port may ask. */
export const WHO_PATH = '/api/v1/peer/who';

const nonce = z.base64().length(44);

/** `POST /api/v1/peer/who`: tells nothing of the asker but its certificate. */
export const whoRequest = z.strictObject({ protocol: z.int(), nonce });

export const whoAnswer = z.object({
  cluster: clusterName,
  /** tells two foundings from one enrolment file apart */
  founding: z.uuid(),
  /** the answering side's own */
  nonce,
  /** that it holds the key of the cluster it names, for these nonces and certificates alone */
  proof: z.base64().max(64),
});
export type WhoAnswer = z.infer<typeof whoAnswer>;
