import { z } from 'zod';
import { defineHand } from '../../hands/define';

/** Kubernetes as one of its servers knows it; asked on any node with the role k3s-server. */
export const lookAtKube = defineHand({
  name: 'merge/kube',
  changes: false,
  input: z.strictObject({}),
  output: z.object({
    version: z.string(),
    /** node names */
    servers: z.array(z.string()),
    agents: z.array(z.string()),
    namespaces: z.array(z.string()),
    /** as `10.42.0.0/16`; two of them, with a comma, where it has IPv6 too */
    clusterCidr: z.string(),
    serviceCidr: z.string(),
  }),
});
