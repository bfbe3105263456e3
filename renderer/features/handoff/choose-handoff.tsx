import { ArrowRightLeft } from 'lucide-react';
import type { CandidatesAnswer, HandoffRole } from '#shared/contract/agent/operations';
import { Panel } from '../../ui/card';
import { EmptyState } from '../../ui/feedback';
import { CandidateList } from './candidate-list';
import styles from './choose.module.css';
import { Option } from './option';
import { ROLE_WORDS } from './words';

interface ChooseHandoffProps {
  candidates: CandidatesAnswer;
  role: HandoffRole | null;
  to: string | null;
  onChange: (role: HandoffRole, to: string | null) => void;
}

/** What is handed over, and to whom; who cannot take it says why. */
export function ChooseHandoff({ candidates, role, to, onChange }: ChooseHandoffProps) {
  if (candidates.handoff.length === 0) {
    return (
      <EmptyState icon={ArrowRightLeft} title="Nothing can be handed over here">
        A role can be handed over as soon as a second node of the cluster could take it.
      </EmptyState>
    );
  }
  const offered = candidates.handoff.find((one) => one.role === role);
  return (
    <div className={styles.columns}>
      <Panel title="What is handed over">
        <fieldset className={styles.options}>
          <legend className="visually-hidden">Role</legend>
          {candidates.handoff.map((one) => (
            <Option
              key={one.role}
              name="role"
              checked={one.role === role}
              onChoose={() => onChange(one.role, null)}
              title={ROLE_WORDS[one.role].name}
              aside={holders(one.candidates)}
            >
              <p>{ROLE_WORDS[one.role].means}</p>
            </Option>
          ))}
        </fieldset>
      </Panel>
      <Panel
        title="Who takes it"
        {...(offered === undefined && { note: 'Choose first what is handed over.' })}
      >
        {offered !== undefined && (
          <CandidateList
            legend={`Who takes the ${ROLE_WORDS[offered.role].name}`}
            candidates={offered.candidates}
            chosen={to}
            onChoose={(node) => onChange(offered.role, node)}
          />
        )}
      </Panel>
    </div>
  );
}

/** `now on forge-1`; a role can be with several nodes, or with none that answers. */
function holders(candidates: CandidatesAnswer['leave']): string {
  const names = candidates.filter(({ holds }) => holds).map(({ node }) => node);
  return names.length === 0 ? 'nobody has it now' : `now on ${names.join(', ')}`;
}
