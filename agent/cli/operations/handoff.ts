import type { Candidate, HandoffRole } from '#shared/contract/agent/operations';
import { fail } from '#shared/contract/errors';
import { type CommandContext, loadConfig } from '../context';
import { table } from '../io';
import { localLine } from '../local-api';
import { type ApprovalOptions, carryOut } from './carry-out';
import { OperationsClient } from './client';

export interface HandoffOptions extends ApprovalOptions {
  role: HandoffRole;
  to?: string;
}

/** `node-agent handoff`: without a node it lists who could take the role. */
export function handOff(
  { role, to, ...options }: HandoffOptions,
  context: CommandContext,
): Promise<0 | 1 | 2> {
  if (to === undefined) return showCandidates(role, context);
  return carryOut({ kind: 'handoff', params: { role, to } }, options, context);
}

async function showCandidates(role: HandoffRole, context: CommandContext): Promise<0> {
  const { config } = await loadConfig(context);
  const { handoff } = await new OperationsClient(localLine(config), context.io.signal).candidates();
  const found = handoff.find((one) => one.role === role);
  if (found === undefined) {
    const remedy = 'See the roles of the cluster with: node-agent status';
    throw fail('NOT_FOUND', { remedy }, `This cluster has no ${role} to hand over.`);
  }
  context.out.result(found, () => table(['NODE', '', 'WHY'], found.candidates.map(row)));
  context.out.note('Name the one that shall take it with --to.');
  return 0;
}

const row = ({ node, holds, fit, reasons }: Candidate) => [
  node,
  holds ? 'has it' : fit ? 'fit' : 'not fit',
  reasons.join(' '),
];
