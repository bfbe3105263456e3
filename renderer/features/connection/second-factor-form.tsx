import { type ReactNode, useState } from 'react';
import { type TfaAnswer, tfaAnswer } from '#shared/contract/connection';
import { Button } from '../../ui/button';
import { Field } from '../../ui/field';
import { Input } from '../../ui/input';
import { Select } from '../../ui/select';
import { Stack } from '../../ui/stack';

type FactorKind = TfaAnswer['kind'];

const KINDS: readonly { value: FactorKind; label: string }[] = [
  { value: 'totp', label: 'Code of an authenticator app' },
  { value: 'recovery', label: 'Recovery key' },
  { value: 'yubico', label: 'YubiKey one-time code' },
];

interface SecondFactorFormProps {
  /** as the server names them; kinds which a desk cannot answer are left out */
  factors: readonly string[];
  action: string;
  busy?: boolean;
  onAnswer: (answer: TfaAnswer) => void;
  children?: ReactNode;
}

/** Asks for the second factor; the code is used once and not kept. */
export function SecondFactorForm(props: SecondFactorFormProps) {
  const offered = KINDS.filter(({ value }) => props.factors.includes(value));
  const [kind, setKind] = useState<FactorKind>(offered[0]?.value ?? 'totp');
  const [code, setCode] = useState('');
  const answer = tfaAnswer.safeParse({ kind, code });
  if (props.factors.length > 0 && offered.length === 0) {
    return (
      <p>
        This account has only factors that need a browser ({props.factors.join(', ')}). Use an API
        token instead; it needs no second factor.
      </p>
    );
  }
  const kinds = offered.length > 0 ? offered : KINDS;
  return (
    <form
      aria-label="Second factor"
      onSubmit={(event) => {
        event.preventDefault();
        if (answer.success) props.onAnswer(answer.data);
        setCode('');
      }}
    >
      <Stack>
        {kinds.length > 1 && (
          <Field label="Second factor">
            {(control) => <Select {...control} value={kind} options={kinds} onChange={setKind} />}
          </Field>
        )}
        <Field label={kinds.find(({ value }) => value === kind)?.label ?? 'Code'}>
          {(control) => (
            <Input
              {...control}
              mono
              autoFocus
              autoComplete="one-time-code"
              inputMode={kind === 'totp' ? 'numeric' : 'text'}
              value={code}
              onChange={setCode}
            />
          )}
        </Field>
        {props.children}
        <Stack direction="row">
          <Button
            type="submit"
            tone="primary"
            disabled={!answer.success}
            busy={props.busy ?? false}
          >
            {props.action}
          </Button>
        </Stack>
      </Stack>
    </form>
  );
}
