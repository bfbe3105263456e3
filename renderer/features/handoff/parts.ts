import {
  type AgentOperation,
  handoffParams,
  isOver,
  leaveParams,
} from '#shared/contract/agent/operations';

/** What a node has to do with an operation: `carries it out`, `takes over`, `leaves`. */
export function partsOf(
  node: string,
  operation: Pick<AgentOperation, 'kind' | 'params' | 'coordinator' | 'state'>,
): string[] {
  const parts: string[] = [];
  const { role, to, node: leaving } = operation.params;
  if (operation.kind === 'handoff') {
    const params = handoffParams.safeParse({ role, to });
    if (params.success && params.data.to === node) parts.push('takes over');
  }
  if (operation.kind === 'leave') {
    const params = leaveParams.safeParse({ node: leaving, reboot: operation.params['reboot'] });
    if (params.success && params.data.node === node) {
      parts.push(params.data.reboot ? 'reboots' : 'leaves');
    }
  }
  if (operation.coordinator === node && !isOver(operation)) parts.push('carries it out');
  return parts;
}
