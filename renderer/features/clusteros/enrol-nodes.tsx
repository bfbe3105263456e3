import { Checkbox, Switch } from '../../ui/choice';
import { Field } from '../../ui/field';
import { Input, TextArea } from '../../ui/input';
import { Stack } from '../../ui/stack';
import styles from './enrol.module.css';
import type { EnrolPartProps } from './enrol-cluster';
import type { EnrolForm } from './enrol-form';

type RoleField = keyof Pick<
  EnrolForm,
  'slurmController' | 'slurmWorker' | 'k3sServer' | 'k3sAgent'
>;

const ROLES: readonly { field: RoleField; label: string }[] = [
  { field: 'slurmController', label: 'SLURM controller' },
  { field: 'slurmWorker', label: 'SLURM worker' },
  { field: 'k3sServer', label: 'k3s server' },
  { field: 'k3sAgent', label: 'k3s agent' },
];

/** What the new nodes are to be, how they find the others, and where the files go. */
export function EnrolNodes({ form, errors, onChange }: EnrolPartProps) {
  return (
    <section aria-labelledby="enrol-nodes">
      <Stack>
        <h3 id="enrol-nodes">The nodes</h3>
        <fieldset className={styles.roles}>
          <legend>What they are to be</legend>
          {ROLES.map(({ field, label }) => (
            <Checkbox
              key={field}
              label={label}
              checked={form[field]}
              onChange={(checked) => onChange({ [field]: checked })}
            />
          ))}
          {errors['roles'] !== undefined && <p className={styles.error}>{errors['roles']}</p>}
        </fieldset>
        <Field
          label="Seeds"
          error={errors['seeds']}
          hint="Addresses at which they find members, one a line; port 7946 unless you write another."
        >
          {(control) => (
            <TextArea
              {...control}
              rows={2}
              spellCheck={false}
              placeholder="10.0.0.1"
              value={form.seeds}
              onChange={(seeds) => onChange({ seeds })}
            />
          )}
        </Field>
        <Switch
          label="Over tailscale"
          hint="They find each other over the tailnet too, and wait for it when they start."
          checked={form.tailscale}
          onChange={(tailscale) => onChange({ tailscale })}
        />
        <Field
          label="Address of the agent’s package"
          error={errors['packageUrl']}
          hint="For cloud-init. Leave it blank where the agent is part of the image."
        >
          {(control) => (
            <Input
              {...control}
              mono
              placeholder="https://mirror.lab/node-agent.deb"
              value={form.packageUrl}
              onChange={(packageUrl) => onChange({ packageUrl })}
            />
          )}
        </Field>
        <Field
          label="Folder"
          error={errors['folder']}
          hint="On the machine where this program runs. It is made if it is not there."
          required
        >
          {(control) => (
            <Input
              {...control}
              mono
              value={form.folder}
              onChange={(folder) => onChange({ folder })}
            />
          )}
        </Field>
        <Switch
          label="Replace files that are there"
          hint="Off: where one of them exists nothing is written."
          checked={form.overwrite}
          onChange={(overwrite) => onChange({ overwrite })}
        />
      </Stack>
    </section>
  );
}
