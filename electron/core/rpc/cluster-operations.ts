import type { ClusterOperations } from '../agents/operations/service';
import { os } from './base';

interface ClusterOperationServices {
  agentWork: { operations: ClusterOperations };
}

export function createClusterOperationsRouter({
  agentWork: { operations },
}: ClusterOperationServices) {
  const area = os.clusterOperations;
  return {
    candidates: area.candidates.handler(({ input }) => operations.candidates(input.uuid)),
    plan: area.plan.handler(({ input }) => operations.plan(input)),
    start: area.start.handler(({ input }) => operations.start(input)),
    list: area.list.handler(({ input }) => operations.list(input)),
    get: area.get.handler(({ input }) => operations.get(input)),
    watch: area.watch.handler(({ input, signal }) => operations.watch(input, signal)),
    ask: area.ask.handler(({ input }) => operations.ask(input)),
    report: area.report.handler(({ input: { format, ...place } }) =>
      operations.report(place, format),
    ),
  };
}
