import type { Remote } from '#shared/contract/remotes';
import { Segmented, Switch } from '../../ui/choice';
import { Notice } from '../../ui/feedback';
import { Field } from '../../ui/field';
import { Input, PasswordInput } from '../../ui/input';
import { Select } from '../../ui/select';
import { Stack } from '../../ui/stack';
import { isPlainHttp, type RemoteErrors, type RemoteFields, type RemoteForm } from './remote-form';
import styles from './remote-form-fields.module.css';

const AUTH: readonly { value: RemoteFields['auth']; label: string }[] = [
  { value: 'login', label: 'User and password' },
  { value: 'token', label: 'Token' },
  { value: 'none', label: 'None' },
];

const VERIFY: readonly { value: RemoteFields['verify']; label: string }[] = [
  { value: 'pin', label: 'By its pinned fingerprint' },
  { value: 'ca', label: 'By a certificate authority this machine trusts' },
  { value: 'off', label: 'Not at all' },
];

interface RemoteFormFieldsProps {
  form: RemoteForm;
  errors: RemoteErrors;
  stored: Remote | null;
  onChange: (changes: Partial<RemoteForm>) => void;
}

export function RemoteFormFields({ form, errors, stored, onChange }: RemoteFormFieldsProps) {
  const isPlain = isPlainHttp(form.url);
  return (
    <Stack>
      <div className={styles.pair}>
        <Field label="Name" error={errors['name']} hint="As you call it, as portal." required>
          {(control) => (
            <Input
              {...control}
              autoFocus={stored === null}
              value={form.name}
              onChange={(name) => onChange({ name })}
            />
          )}
        </Field>
        <Field label="Address" error={errors['url']} required>
          {(control) => (
            <Input {...control} mono value={form.url} onChange={(url) => onChange({ url })} />
          )}
        </Field>
      </div>
      <div>
        <Segmented
          label="How to sign in"
          value={form.auth}
          options={AUTH}
          onChange={(auth) => onChange({ auth, secret: '' })}
        />
      </div>
      {form.auth !== 'none' && <SignIn {...{ form, errors, stored, onChange }} />}
      {isPlain ? (
        <Notice tone="warning" title="Over http everything travels in clear.">
          Anybody in between can read passwords and change what is synced. Use https where the
          remote has it.
        </Notice>
      ) : (
        <div className={styles.pair}>
          <Field label="How its certificate is verified" error={errors['verify']}>
            {(control) => (
              <Select
                {...control}
                value={form.verify}
                options={VERIFY}
                onChange={(verify) => onChange({ verify })}
              />
            )}
          </Field>
          {form.verify === 'pin' && (
            <Field
              label="Pinned fingerprint"
              error={errors['pin']}
              hint="Leave it blank: the test shows it and asks."
            >
              {(control) => (
                <Input {...control} mono value={form.pin} onChange={(pin) => onChange({ pin })} />
              )}
            </Field>
          )}
        </div>
      )}
      {!isPlain && form.verify === 'off' && (
        <Notice tone="warning" title="Anybody in between can read the password.">
          Pinning is as easy and safe: choose it and test.
        </Notice>
      )}
      <Switch
        label="Sync by itself"
        hint="When something waits and the remote answers. What conflicts or deletes still waits for you."
        checked={form.syncWhenOnline}
        onChange={(syncWhenOnline) => onChange({ syncWhenOnline })}
      />
    </Stack>
  );
}

function SignIn({ form, errors, stored, onChange }: RemoteFormFieldsProps) {
  const isToken = form.auth === 'token';
  const keeps = stored?.hasSecret === true && stored.auth === form.auth;
  return (
    <div className={styles.pair}>
      {!isToken && (
        <Field label="User" error={errors['user']} required>
          {(control) => (
            <Input {...control} value={form.user} onChange={(user) => onChange({ user })} />
          )}
        </Field>
      )}
      <Field
        label={isToken ? 'Token' : 'Password'}
        error={errors['secret']}
        hint={keeps ? 'Leave it blank to keep the stored one.' : 'Sealed in the vault.'}
      >
        {(control) => (
          <PasswordInput
            {...control}
            placeholder={keeps ? 'stored' : ''}
            value={form.secret}
            onChange={(secret) => onChange({ secret })}
          />
        )}
      </Field>
    </div>
  );
}
