import type { Endpoint } from '#shared/contract/clusters';
import type { ConnectionDraft } from '#shared/contract/connection';
import { agentFailure } from '../agents/answer';
import type { ClusterosClients } from '../agents/clients';
import { ClusterosTrial } from '../agents/trial';
import type { ClusterReader } from '../clusters/types';
import type { Clients, Subject } from '../pve/clients';
import type { TestSubject, TestSubjects } from './connection-test';
import { PveTrial } from './pve-trial';

export interface KindClients {
  clusters: Pick<ClusterReader, 'get'>;
  clients: Pick<Clients, 'stored' | 'drafted' | 'open'>;
  agents: Pick<ClusterosClients, 'stored' | 'draft'>;
}

/** Makes what a connection test asks, for each kind of cluster. */
export function testSubjects({ clusters, clients, agents }: KindClients): TestSubjects {
  const pve = (subject: Subject): TestSubject => ({
    endpoints: subject.endpoints,
    verify: subject.verify,
    explain: (failure) => failure,
    open: (endpoint, signal) =>
      new PveTrial(clients.open(subject, [endpoint]), subject.account, signal),
  });
  return {
    stored(uuid) {
      const { kind, endpoints, verify } = clusters.get(uuid);
      if (kind === 'proxmox') return pve(clients.stored(uuid));
      const open = (endpoint: Endpoint, signal: AbortSignal) =>
        new ClusterosTrial(agents.stored(uuid, [endpoint]), signal);
      return { endpoints, verify, explain: agentFailure, open };
    },
    drafted(draft: ConnectionDraft) {
      if (draft.kind === 'proxmox') return pve(clients.drafted(draft));
      const { endpoints, verify } = draft;
      const open = (endpoint: Endpoint, signal: AbortSignal) =>
        new ClusterosTrial(agents.draft(draft, [endpoint]), signal);
      return { endpoints, verify, explain: agentFailure, open };
    },
  };
}
