import type { Cluster } from '#shared/contract/clusters';
import type { Problem } from '#shared/contract/inventory';
import { Button } from '../../ui/button';
import { type ClusterActions, useClusterActions } from './use-cluster-actions';

const HELP: Record<
  Problem['action'],
  { label: string; run: (actions: ClusterActions, problem: Problem) => void }
> = {
  look: { label: 'Look', run: (actions, { node }) => actions.open('nodes', node) },
  compare: { label: 'Compare', run: (actions) => actions.trust() },
  signIn: { label: 'Sign in', run: (actions) => actions.signIn() },
  secondFactor: { label: 'Enter code', run: (actions) => actions.secondFactor() },
  retry: { label: 'Try now', run: (actions) => actions.refresh() },
  edit: { label: 'Edit', run: (actions) => actions.edit() },
  unlock: { label: 'Unlock', run: (actions) => actions.unlock() },
};

/** The one button that helps with a problem. */
export function ProblemButton(props: { cluster: Cluster; problem: Problem; tabIndex?: number }) {
  const actions = useClusterActions(props.cluster);
  const help = HELP[props.problem.action];
  return (
    <Button
      small
      busy={props.problem.action === 'retry' && actions.refreshing}
      tabIndex={props.tabIndex}
      onClick={() => help.run(actions, props.problem)}
    >
      {help.label}
    </Button>
  );
}
