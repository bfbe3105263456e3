import type { Enrolment } from '../agents/enrol/service';
import type { SlurmActions } from '../agents/slurm-actions';
import { os } from './base';

interface AgentServices {
  slurmActions: Pick<SlurmActions, 'act'>;
  enrolment: Pick<Enrolment, 'defaults' | 'write'>;
}

export function createAgentsRouter({ slurmActions, enrolment }: AgentServices) {
  return {
    act: os.agents.act.handler(({ input }) => slurmActions.act(input)),
    enrolDefaults: os.agents.enrolDefaults.handler(({ input }) => enrolment.defaults(input.uuid)),
    enrol: os.agents.enrol.handler(({ input }) => enrolment.write(input)),
  };
}
