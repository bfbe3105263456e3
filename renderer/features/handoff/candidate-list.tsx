import type { Candidate } from '#shared/contract/agent/operations';
import { Badge } from '../../ui/state';
import styles from './choose.module.css';
import { Option } from './option';

interface CandidateListProps {
  legend: string;
  candidates: readonly Candidate[];
  chosen: string | null;
  onChoose: (node: string) => void;
}

/** Nodes to choose from, the fit ones first; each says what speaks for or against it. */
export function CandidateList({ legend, candidates, chosen, onChoose }: CandidateListProps) {
  if (candidates.length === 0) {
    return <p className={styles.quiet}>No node could take it. Enrol one that has this role.</p>;
  }
  return (
    <fieldset className={styles.options}>
      <legend className="visually-hidden">{legend}</legend>
      {candidates
        .toSorted((a, b) => rank(a) - rank(b))
        .map((candidate) => (
          <Option
            key={candidate.node}
            name="node"
            disabled={!candidate.fit}
            checked={candidate.node === chosen}
            onChoose={() => onChoose(candidate.node)}
            title={candidate.node}
            aside={<Fitness candidate={candidate} />}
          >
            {candidate.reasons.map((reason) => (
              <p key={reason}>{reason}</p>
            ))}
          </Option>
        ))}
    </fieldset>
  );
}

const rank = ({ fit, holds }: Candidate): number => (fit ? 0 : holds ? 1 : 2);

function Fitness({ candidate }: { candidate: Candidate }) {
  if (candidate.fit) return <Badge tone="ok">fit</Badge>;
  return candidate.holds ? <Badge>has it now</Badge> : <Badge tone="warning">not fit</Badge>;
}
