import type { PlanCheck } from '#shared/contract/agent/operations';
import { fail } from '#shared/contract/errors';
import type { Member } from '../../membership/types';
import type { Draft } from '../types';

type Found = Pick<PlanCheck, 'id' | 'title' | 'detail'> & { node?: string };

export const fine = (found: Found): PlanCheck => ({ ...found, state: 'ok', remedy: '' });
export const doubtful = (found: Found & { remedy: string }): PlanCheck => ({
  ...found,
  state: 'warning',
});
export const failed = (found: Found & { remedy: string }): PlanCheck => ({
  ...found,
  state: 'failed',
});

/** Nothing goes on, waits or cannot: for what touches no work. */
export const NO_BLAST: Draft['blast'] = {
  goesOn: { count: 0, items: [] },
  waits: { count: 0, items: [] },
  cannot: { count: 0, items: [] },
};

/** @throws Failure NOT_FOUND */
export function memberNamed(members: readonly Member[], name: string): Member {
  const found = members.find((one) => one.name === name && one.authenticated);
  if (found !== undefined) return found;
  const remedy = 'Take a name of: node-agent status';
  throw fail('NOT_FOUND', { remedy, node: name }, `No node of this cluster is called ${name}.`);
}

/** That it answers its cluster. */
export function alive({ name, status }: Pick<Member, 'name' | 'status'>): PlanCheck {
  const found = { id: 'alive', title: `${name} answers`, node: name };
  if (status === 'alive') return fine({ ...found, detail: 'It answers the other nodes.' });
  const remedy = `Bring ${name} back first.`;
  return failed({ ...found, detail: `It is ${status}.`, remedy });
}
