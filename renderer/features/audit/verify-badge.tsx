import { Button } from '../../ui/button';
import { StateDot } from '../../ui/state';
import { Tooltip } from '../../ui/tooltip';
import styles from './audit.module.css';
import { useProof } from './use-audit';

/** Whether the chain of entries holds; where it does not, the way to the first entry that is wrong. */
export function VerifyBadge({ onShow }: { onShow: (seq: number) => void }) {
  const check = useProof();
  if (check.data === undefined) {
    const word = check.isError ? 'not checked' : 'being checked';
    return <StateDot tone={check.isError ? 'warning' : 'busy'} word={word} showWord />;
  }
  const { ok, checked, brokenAt, message } = check.data;
  if (brokenAt !== null) {
    return (
      <Tooltip content={message} side="bottom">
        <Button tone="danger" onClick={() => onShow(brokenAt)}>
          {`Broken at entry ${brokenAt}`}
        </Button>
      </Tooltip>
    );
  }
  return (
    <Tooltip content={message} side="bottom">
      <button type="button" className={styles.proof} onClick={() => void check.refetch()}>
        <StateDot tone={ok ? 'ok' : 'warning'} word={proofWords(checked)} showWord />
      </button>
    </Tooltip>
  );
}

const proofWords = (checked: number) =>
  `${checked.toLocaleString('en')} ${checked === 1 ? 'entry' : 'entries'} proved unchanged`;
