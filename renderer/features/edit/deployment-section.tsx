import type { ClusterKind } from '#shared/contract/clusters';
import { Panel } from '../../ui/card';
import { Switch } from '../../ui/choice';
import { Combobox } from '../../ui/combobox';
import { Field } from '../../ui/field';
import { NumberInput } from '../../ui/input';
import { Stack } from '../../ui/stack';
import { bandName } from '../clusters/priority';
import { DEPLOYMENT_TOGGLES } from '../clusters/toggles';
import styles from './edit.module.css';
import type { ClusterFormState } from './use-cluster-form';
import type { StorageList } from './use-storage-list';

const STORAGE_HINTS: Record<StorageList['state'], string> = {
  unknown: 'Type its name, or test the connection to pick from the list.',
  reading: 'The list is being read.',
  read: 'Pick one, or type another.',
  failed: 'The list could not be read. Type its name.',
};

interface DeploymentSectionProps {
  state: ClusterFormState;
  storages: StorageList;
}

/** What the cluster is used for, and how much it is preferred. */
export function DeploymentSection({ state, storages }: DeploymentSectionProps) {
  const { form, errors, change } = state;
  if (form.kind === 'clusteros') {
    return (
      <Panel title="Order on the deck" className={styles.deployment}>
        <Priority state={state} />
      </Panel>
    );
  }
  return (
    <Panel title="Deployment" className={styles.deployment}>
      <Stack gap="large">
        <Priority state={state} />
        <Stack>
          {DEPLOYMENT_TOGGLES.map(({ field, name, sentence }) => (
            <Switch
              key={field}
              label={name}
              hint={sentence}
              checked={form[field]}
              onChange={(checked) => change({ [field]: checked })}
            />
          ))}
        </Stack>
        <div className={styles.triple}>
          <Field label="Storage for guests" error={errors.defaultStorage}>
            {(control) => (
              <Combobox
                {...control}
                value={form.defaultStorage}
                suggestions={storages.holding('images', 'rootdir')}
                onChange={(defaultStorage) => change({ defaultStorage })}
              />
            )}
          </Field>
          <Field label="Storage for templates" error={errors.templateStorage}>
            {(control) => (
              <Combobox
                {...control}
                value={form.templateStorage}
                suggestions={storages.holding('images', 'vztmpl')}
                onChange={(templateStorage) => change({ templateStorage })}
              />
            )}
          </Field>
          <Field label="Storage for ISO images" error={errors.isoStorage}>
            {(control) => (
              <Combobox
                {...control}
                value={form.isoStorage}
                suggestions={storages.holding('iso')}
                onChange={(isoStorage) => change({ isoStorage })}
              />
            )}
          </Field>
          <p className={styles.wideHint} aria-live="polite">
            {STORAGE_HINTS[storages.state]}
          </p>
        </div>
      </Stack>
    </Panel>
  );
}

const PRIORITY_HINTS: Record<ClusterKind, string> = {
  proxmox: 'Clusters with a higher priority are filled first.',
  clusteros: 'Clusters with a higher priority stand first.',
};

/** A slider and a number for the same value, with the band's name. */
function Priority({ state }: { state: ClusterFormState }) {
  const { form, errors, change } = state;
  const value = Number(form.priority);
  const valid =
    form.priority.trim() !== '' && Number.isInteger(value) && value >= 0 && value <= 100;
  return (
    <div className={styles.priority}>
      <Field
        label="Priority"
        error={errors.priority}
        hint={valid ? `${bandName(value)}. ${PRIORITY_HINTS[form.kind]}` : 'From 0 to 100.'}
      >
        {(control) => (
          <span className={styles.priorityRow}>
            <input
              type="range"
              aria-label="Priority slider"
              aria-valuetext={valid ? `${value}, ${bandName(value)}` : undefined}
              min={0}
              max={100}
              step={5}
              className={styles.slider}
              value={valid ? value : 50}
              onChange={(event) => change({ priority: event.target.value })}
            />
            <span className={styles.priorityNumber}>
              <NumberInput
                {...control}
                value={form.priority}
                onChange={(priority) => change({ priority })}
              />
            </span>
          </span>
        )}
      </Field>
    </div>
  );
}
