import { useState } from 'react';
import type { Problem } from '../../transport/failure';
import { Button } from '../../ui/button';
import { ErrorNotice } from '../../ui/feedback';
import { Field } from '../../ui/field';
import { PasswordInput } from '../../ui/input';
import { Stack } from '../../ui/stack';

interface PassphraseFormProps {
  /** what the button says */
  action: string;
  /** false where no passphrase is needed: the button alone, and '' is handed on */
  asks?: boolean;
  busy: boolean;
  /** it cannot be sent now */
  disabled?: boolean;
  problem: Problem | null;
  className?: string | undefined;
  /** The field is empty from then on. */
  onSubmit: (passphrase: string) => void;
}

/** Asks for a passphrase that is used once and not kept. */
export function PassphraseForm(props: PassphraseFormProps) {
  const { action, asks = true, busy, disabled = false, problem, className, onSubmit } = props;
  const [passphrase, setPassphrase] = useState('');
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        setPassphrase('');
        onSubmit(passphrase);
      }}
    >
      <Stack>
        {asks && (
          <Field label="Passphrase" required>
            {(control) => (
              <PasswordInput
                {...control}
                autoFocus
                autoComplete="current-password"
                value={passphrase}
                onChange={setPassphrase}
              />
            )}
          </Field>
        )}
        {problem && <ErrorNotice problem={problem} />}
        <Stack direction="row">
          <Button
            type="submit"
            tone="primary"
            className={className}
            busy={busy}
            disabled={disabled || (asks && passphrase === '')}
          >
            {action}
          </Button>
        </Stack>
      </Stack>
    </form>
  );
}
