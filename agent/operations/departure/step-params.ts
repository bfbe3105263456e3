import { z } from 'zod';

/** What the steps of k3s need to know; found out by the draft, and kept in the operation's params. */
export const kubeParams = z.object({
  /** name of the server that takes over what the leaving one alone has; '' where none does */
  to: z.string(),
  /** names of the nodes that joined by it */
  joined: z.array(z.string()),
  isFounder: z.boolean(),
  /** whether k3s keeps its data in etcd of its own */
  hasEtcd: z.boolean(),
});

/** Of a handoff of the role k3s-server. */
export const stepParams = z.object({
  to: z.string(),
  from: z.string(),
  k3s: kubeParams.nullable(),
});
