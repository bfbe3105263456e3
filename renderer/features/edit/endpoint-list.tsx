import { useMutation } from '@tanstack/react-query';
import { Plus, Trash2, Waypoints } from 'lucide-react';
import type { Cluster } from '#shared/contract/clusters';
import { useClient } from '../../app/context';
import { problemOf } from '../../transport/failure';
import { Button, IconButton } from '../../ui/button';
import { ErrorNotice } from '../../ui/feedback';
import { Field } from '../../ui/field';
import { Input, NumberInput } from '../../ui/input';
import { Stack } from '../../ui/stack';
import { useToasts } from '../../ui/toast';
import { splitAddress } from './address';
import { type EndpointFields, emptyEndpoint } from './cluster-form';
import styles from './edit.module.css';
import type { ClusterFormState } from './use-cluster-form';

const MOST = 16;

interface EndpointListProps {
  state: ClusterFormState;
  stored: Cluster | null;
}

/** The members through which the cluster is reached; the first that answers is used. */
export function EndpointList({ state, stored }: EndpointListProps) {
  const { form, errors, change } = state;
  const { endpoints } = form;
  const update = (key: string, fields: Partial<EndpointFields>) =>
    change({
      endpoints: endpoints.map((entry) => (entry.key === key ? { ...entry, ...fields } : entry)),
    });
  const add = (fields: Partial<EndpointFields> = {}) =>
    change({
      endpoints: [
        ...endpoints,
        { ...emptyEndpoint(form.kind), ...fields, key: crypto.randomUUID() },
      ],
    });
  return (
    <fieldset className={styles.endpoints}>
      <legend>Endpoints</legend>
      {endpoints.map((entry, index) => (
        <div key={entry.key} className={styles.endpoint}>
          <Field
            label={nth('Host', index)}
            hideLabel={index > 0}
            error={errors[`endpoints.${index}.host`]}
          >
            {(control) => (
              <Input
                {...control}
                mono
                placeholder={
                  form.kind === 'clusteros' ? 'node1.lab or 10.0.0.5' : 'pve1.lab or 10.0.0.5'
                }
                value={entry.host}
                onChange={(host) => update(entry.key, { host })}
                onBlur={() => {
                  const { host, port } = splitAddress(entry.host);
                  if (host !== entry.host) {
                    update(entry.key, { host, ...(port !== null && { port }) });
                  }
                }}
              />
            )}
          </Field>
          <Field
            label={nth('Port', index)}
            hideLabel={index > 0}
            error={errors[`endpoints.${index}.port`]}
            className={styles.port}
          >
            {(control) => (
              <NumberInput
                {...control}
                value={entry.port}
                onChange={(port) => update(entry.key, { port })}
              />
            )}
          </Field>
          {form.verify === 'pin' && (
            <Field
              label={nth('Pinned fingerprint', index)}
              hideLabel={index > 0}
              error={errors[`endpoints.${index}.pin`]}
            >
              {(control) => (
                <Input
                  {...control}
                  mono
                  placeholder="the test asks for it"
                  value={entry.pin}
                  onChange={(pin) => update(entry.key, { pin })}
                />
              )}
            </Field>
          )}
          <IconButton
            icon={Trash2}
            tone="danger"
            label={`Remove endpoint ${index + 1}`}
            className={index === 0 ? styles.removeFirst : styles.remove}
            disabled={endpoints.length === 1}
            onClick={() =>
              change({ endpoints: endpoints.filter((other) => other.key !== entry.key) })
            }
          />
        </div>
      ))}
      {errors.endpoints !== undefined && <p className={styles.error}>{errors.endpoints}</p>}
      <Stack direction="row">
        <Button small icon={Plus} disabled={endpoints.length >= MOST} onClick={() => add()}>
          Add an endpoint
        </Button>
        {stored && <SiblingFinder stored={stored} endpoints={endpoints} onAdd={change} />}
      </Stack>
    </fieldset>
  );
}

/** The first row shows its labels; those of the others are only read out. */
function nth(label: string, index: number): string {
  return index === 0 ? label : `${label} ${index + 1}`;
}

interface SiblingFinderProps {
  stored: Cluster;
  endpoints: readonly EndpointFields[];
  onAdd: (changes: { endpoints: EndpointFields[] }) => void;
}

/** Asks a trusted member for the others and their fingerprints. */
function SiblingFinder({ stored, endpoints, onAdd }: SiblingFinderProps) {
  const client = useClient();
  const toasts = useToasts();
  const find = useMutation({
    mutationFn: () => client.connection.siblings({ uuid: stored.uuid }),
    onSuccess: (found) => {
      const known = new Set(endpoints.map(({ host, port }) => `${host.toLowerCase()}|${port}`));
      const fresh = found
        .filter(({ host, port }) => !known.has(`${host.toLowerCase()}|${port}`))
        .slice(0, MOST - endpoints.length)
        .map(({ host, port, pin }) => ({
          key: crypto.randomUUID(),
          host,
          port: String(port),
          pin,
        }));
      if (fresh.length > 0) onAdd({ endpoints: [...endpoints, ...fresh] });
      toasts.notify({
        tone: 'information',
        title:
          fresh.length === 0
            ? 'All members are listed already'
            : `${fresh.length} more, with the fingerprints the cluster vouches for`,
      });
    },
  });
  return (
    <>
      <Button small icon={Waypoints} busy={find.isPending} onClick={() => find.mutate()}>
        Find the other members
      </Button>
      {find.isError && <ErrorNotice problem={problemOf(find.error)} />}
    </>
  );
}
