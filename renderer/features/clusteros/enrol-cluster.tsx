import { FileUp } from 'lucide-react';
import { useRef } from 'react';
import { useLive } from '../../app/context';
import { Button } from '../../ui/button';
import { Segmented } from '../../ui/choice';
import { CodeText } from '../../ui/code';
import { Field } from '../../ui/field';
import { Input, PasswordInput, TextArea } from '../../ui/input';
import { Select } from '../../ui/select';
import { Stack } from '../../ui/stack';
import styles from './enrol.module.css';
import type { EnrolErrors, EnrolForm } from './enrol-form';

export interface EnrolPartProps {
  form: EnrolForm;
  errors: EnrolErrors;
  onChange: (changes: Partial<EnrolForm>) => void;
}

const SENTENCES: Record<EnrolForm['source'], string> = {
  new: 'A cluster key is made for it. It stands in the enrolment file alone: keep that file.',
  deck: 'Its name, id and seeds come from this deck. The key is asked for, for this desk has none.',
  file: 'The enrolment file of any of its nodes says all that is needed.',
};

/** Which cluster the new nodes belong to. */
export function EnrolCluster({ form, errors, onChange }: EnrolPartProps) {
  const clusters = useLive((state) => state.clusters);
  const known = [...clusters.values()].filter(({ kind }) => kind === 'clusteros');
  const options = [
    { value: 'new' as const, label: 'A new cluster' },
    ...(known.length > 0 ? [{ value: 'deck' as const, label: 'One on this deck' }] : []),
    { value: 'file' as const, label: 'By an enrolment file' },
  ];
  return (
    <section aria-labelledby="enrol-cluster">
      <Stack>
        <h3 id="enrol-cluster">Which cluster</h3>
        <div>
          <Segmented
            label="Which cluster"
            value={form.source}
            options={options}
            onChange={(source) =>
              onChange({
                source,
                key: '',
                text: '',
                ...(source === 'deck' && form.uuid === '' && { uuid: known[0]?.uuid ?? '' }),
              })
            }
          />
          <p className={styles.hint}>{SENTENCES[form.source]}</p>
        </div>
        {form.source === 'new' && <NewCluster {...{ form, errors, onChange }} />}
        {form.source === 'file' && <FromFile {...{ form, errors, onChange }} />}
        {form.source === 'deck' && (
          <div className={styles.pair}>
            <Field label="Cluster" error={errors['cluster.uuid']} required>
              {(control) => (
                <Select
                  {...control}
                  value={form.uuid}
                  options={known.map(({ uuid, name }) => ({ value: uuid, label: name }))}
                  onChange={(uuid) => onChange({ uuid })}
                />
              )}
            </Field>
            <Field
              label="Cluster key"
              error={errors['cluster.key']}
              hint={
                <>
                  <CodeText>cluster.key</CodeText> in /etc/clusterdeck/enrolment.yaml on a node.
                </>
              }
              required
            >
              {(control) => (
                <PasswordInput
                  {...control}
                  value={form.key}
                  onChange={(key) => onChange({ key })}
                />
              )}
            </Field>
          </div>
        )}
      </Stack>
    </section>
  );
}

function NewCluster({ form, errors, onChange }: EnrolPartProps) {
  return (
    <div className={styles.pair}>
      <Field label="Name" error={errors['cluster.name']} required>
        {(control) => (
          <Input
            {...control}
            mono
            autoFocus
            placeholder="forge"
            value={form.name}
            onChange={(name) => onChange({ name })}
          />
        )}
      </Field>
      <Field
        label="Founder"
        error={errors['cluster.founder']}
        hint="Host name of the one node that may begin it."
        required
      >
        {(control) => (
          <Input
            {...control}
            mono
            placeholder="forge-1"
            value={form.founder}
            onChange={(founder) => onChange({ founder })}
          />
        )}
      </Field>
      <Field label="Region" error={errors['cluster.region']}>
        {(control) => (
          <Input {...control} value={form.region} onChange={(region) => onChange({ region })} />
        )}
      </Field>
      <Field label="Data centre" error={errors['cluster.datacenter']}>
        {(control) => (
          <Input
            {...control}
            value={form.datacenter}
            onChange={(datacenter) => onChange({ datacenter })}
          />
        )}
      </Field>
    </div>
  );
}

function FromFile({ form, errors, onChange }: EnrolPartProps) {
  const picker = useRef<HTMLInputElement>(null);
  return (
    <>
      <Field
        label="Enrolment file"
        error={errors['cluster.text']}
        hint="What stands in it is hidden here, written to the folder and then forgotten."
        required
      >
        {(control) => (
          <TextArea
            {...control}
            className={styles.secret}
            autoComplete="off"
            spellCheck={false}
            placeholder="Paste it here"
            value={form.text}
            onChange={(text) => onChange({ text })}
          />
        )}
      </Field>
      <div>
        <Button small icon={FileUp} onClick={() => picker.current?.click()}>
          Choose the file
        </Button>
        <input
          ref={picker}
          type="file"
          hidden
          aria-label="Enrolment file from this machine"
          accept=".yaml,.yml"
          onChange={(event) => {
            const [file] = event.target.files ?? [];
            void file?.text().then((text) => onChange({ text }));
          }}
        />
      </div>
    </>
  );
}
