import type { Cluster, ClusterKind, VerifyMode } from '#shared/contract/clusters';
import { Panel } from '../../ui/card';
import { Segmented } from '../../ui/choice';
import { Notice } from '../../ui/feedback';
import { Field } from '../../ui/field';
import { Input, PasswordInput } from '../../ui/input';
import { Select } from '../../ui/select';
import { Stack } from '../../ui/stack';
import { TokenHint } from '../connection/token-hint';
import { ofKind } from './cluster-form';
import styles from './edit.module.css';
import { EndpointList } from './endpoint-list';
import type { ClusterFormState } from './use-cluster-form';

const VERIFY: readonly { value: VerifyMode; label: string }[] = [
  { value: 'pin', label: 'By its pinned fingerprint' },
  { value: 'ca', label: 'By a certificate authority this machine trusts' },
  { value: 'off', label: 'Not at all' },
];

const VERIFY_HINTS: Record<VerifyMode, string> = {
  pin: 'The first test shows the fingerprint and asks. After that only this certificate is accepted.',
  ca: 'For servers with a certificate of a public or of your own authority.',
  off: '',
};

const KINDS: readonly { value: ClusterKind; label: string }[] = [
  { value: 'proxmox', label: 'Proxmox VE' },
  { value: 'clusteros', label: 'ClusterOS' },
];

const KIND_HINTS: Record<ClusterKind, string> = {
  proxmox: 'Virtual machines and containers, through the API of Proxmox VE.',
  clusteros: 'Bare metal with SLURM and k3s, through its node agents.',
};

interface ConnectionSectionProps {
  state: ClusterFormState;
  /** the saved cluster that is edited */
  stored: Cluster | null;
}

/** Where the cluster is and how to sign in there. */
export function ConnectionSection({ state, stored }: ConnectionSectionProps) {
  const { form, errors, change } = state;
  return (
    <Panel title="Connection" className={styles.connection}>
      <Stack gap="medium">
        {stored === null && (
          <Stack gap="small">
            <div>
              <Segmented
                label="Kind of cluster"
                value={form.kind}
                options={KINDS}
                onChange={(kind) => change(ofKind(form, kind))}
              />
            </div>
            <p className={styles.wideHint}>{KIND_HINTS[form.kind]}</p>
          </Stack>
        )}
        <div className={styles.pair}>
          <Field label="Name" error={errors.name} required>
            {(control) => (
              <Input
                {...control}
                autoFocus={stored === null}
                value={form.name}
                placeholder="Main campus"
                onChange={(name) => change({ name })}
              />
            )}
          </Field>
          <Field label="Id" error={errors.clusterId} hint="For scripts and the portal." required>
            {(control) => (
              <Input
                {...control}
                mono
                value={form.clusterId}
                onChange={(clusterId) => change({ clusterId })}
              />
            )}
          </Field>
        </div>
        <EndpointList state={state} stored={stored} />
        <Field
          label="How its certificate is verified"
          hint={VERIFY_HINTS[form.verify] || undefined}
          error={errors.verify}
        >
          {(control) => (
            <Select
              {...control}
              value={form.verify}
              options={VERIFY}
              onChange={(verify) => change({ verify })}
            />
          )}
        </Field>
        {form.verify === 'off' && (
          <Notice tone="warning" title="Anybody in between can read the password.">
            The card says so all the time. Pinning is as easy and safe: choose it and test.
          </Notice>
        )}
        {form.kind === 'clusteros' ? (
          <AgentToken state={state} stored={stored} />
        ) : (
          <SignIn state={state} stored={stored} />
        )}
      </Stack>
    </Panel>
  );
}

function AgentToken({ state, stored }: ConnectionSectionProps) {
  const { form, errors, change } = state;
  const keeps = stored?.hasSecret === true;
  return (
    <Field
      label="Token"
      error={errors.secret}
      hint={keeps ? 'Leave it blank to keep the stored one.' : <TokenHint />}
      required={!keeps}
    >
      {(control) => (
        <PasswordInput {...control} value={form.secret} onChange={(secret) => change({ secret })} />
      )}
    </Field>
  );
}

function SignIn({ state, stored }: ConnectionSectionProps) {
  const { form, errors, change } = state;
  const isToken = form.authKind === 'token';
  const keeps = stored?.hasSecret === true && stored.authKind === form.authKind;
  const secretHint = keeps ? 'Leave it blank to keep the stored one.' : 'Sealed in the vault.';
  return (
    <>
      <div>
        <Segmented
          label="Kind of sign-in"
          value={form.authKind}
          options={[
            { value: 'password', label: 'Password' },
            { value: 'token', label: 'API token' },
          ]}
          onChange={(authKind) => change({ authKind, secret: '' })}
        />
      </div>
      <div className={styles.pair}>
        {isToken ? (
          <Field label="Token id" error={errors.tokenId ?? errors.user} required>
            {(control) => (
              <Input
                {...control}
                mono
                placeholder="deck@pve!desk"
                value={form.tokenId}
                onChange={(tokenId) => change({ tokenId })}
              />
            )}
          </Field>
        ) : (
          <Field label="User" error={errors.user} hint="With its realm." required>
            {(control) => (
              <Input {...control} mono value={form.user} onChange={(user) => change({ user })} />
            )}
          </Field>
        )}
        <Field
          label={isToken ? 'Token secret' : 'Password'}
          error={errors.secret}
          hint={secretHint}
          required={!keeps}
        >
          {(control) => (
            <PasswordInput
              {...control}
              placeholder={keeps ? 'stored' : ''}
              value={form.secret}
              onChange={(secret) => change({ secret })}
            />
          )}
        </Field>
      </div>
    </>
  );
}
