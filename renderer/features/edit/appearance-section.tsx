import { useLive } from '../../app/context';
import { useDialogs } from '../../app/dialogs';
import { Button } from '../../ui/button';
import { Panel } from '../../ui/card';
import { Switch } from '../../ui/choice';
import { Field } from '../../ui/field';
import { TextArea } from '../../ui/input';
import { Select } from '../../ui/select';
import { Stack } from '../../ui/stack';
import { Swatches } from '../../ui/swatches';
import styles from './edit.module.css';
import type { ClusterFormState } from './use-cluster-form';

/** How the cluster stands on the deck, and what guards it. */
export function AppearanceSection({ state }: { state: ClusterFormState }) {
  const { form, errors, change } = state;
  const groups = useLive((live) => live.groups);
  const remotes = useLive((live) => live.remotes);
  const dialogs = useDialogs();
  const options = [
    { value: '', label: 'No group' },
    ...groups.map((group) => ({ value: group.uuid, label: group.name })),
  ];
  return (
    <Panel title="On the deck" className={styles.appearance}>
      <Stack gap="large">
        <div className={styles.groupRow}>
          <Field label="Group" error={errors.groupUuid}>
            {(control) => (
              <Select
                {...control}
                value={form.groupUuid}
                options={options}
                onChange={(groupUuid) => change({ groupUuid })}
              />
            )}
          </Field>
          <Button onClick={() => dialogs.open({ type: 'groups' })}>Manage groups</Button>
        </div>
        <Field
          label="Kept in step with"
          error={errors.remoteUuid}
          hint={
            remotes.length === 0
              ? 'Add a remote under Sync & bundles first.'
              : 'What you change here goes there with the next sync, and the other way round.'
          }
        >
          {(control) => (
            <Select
              {...control}
              value={form.remoteUuid}
              disabled={remotes.length === 0}
              options={[
                { value: '', label: 'No remote' },
                ...remotes.map((remote) => ({ value: remote.uuid, label: remote.name })),
              ]}
              onChange={(remoteUuid) => change({ remoteUuid })}
            />
          )}
        </Field>
        <div className={styles.colour}>
          <span className={styles.label} aria-hidden>
            Colour of its mark
          </span>
          <Swatches
            label="Colour of its mark"
            value={form.colour}
            none="As its group"
            onChange={(colour) => change({ colour })}
          />
        </div>
        <Field label="Description" error={errors.description}>
          {(control) => (
            <TextArea
              {...control}
              value={form.description}
              onChange={(description) => change({ description })}
            />
          )}
        </Field>
        <Stack>
          <Switch
            label="Active"
            hint="Off means maintenance: it is not watched and nothing is placed there."
            checked={form.isActive}
            onChange={(isActive) => change({ isActive })}
          />
          <Switch
            label="Default"
            hint="Used where no cluster is named. The former default gives it up."
            checked={form.isDefault}
            onChange={(isDefault) => change({ isDefault })}
          />
          <Switch
            label="Protected"
            hint="Deleting it and stopping its guests ask for its id."
            checked={form.protected}
            onChange={(isProtected) => change({ protected: isProtected })}
          />
          <Switch
            label="Read only"
            hint="Nothing here changes it or its guests until this is switched off again."
            checked={form.readOnly}
            onChange={(readOnly) => change({ readOnly })}
          />
        </Stack>
      </Stack>
    </Panel>
  );
}
