import { useMutation } from '@tanstack/react-query';
import { ArrowDown, ArrowUp, Plus, Trash2 } from 'lucide-react';
import { useState } from 'react';
import type { Group } from '#shared/contract/clusters';
import { useClient, useLive } from '../../app/context';
import { problemOf } from '../../transport/failure';
import { Button, IconButton } from '../../ui/button';
import { Dialog } from '../../ui/dialog';
import { ErrorNotice } from '../../ui/feedback';
import { Field } from '../../ui/field';
import { Input } from '../../ui/input';
import { Popover } from '../../ui/popover';
import { Stack } from '../../ui/stack';
import { DEFAULT_COLOUR, Swatches } from '../../ui/swatches';
import { plural } from '../deck/deck-view';
import styles from './groups-dialog.module.css';

/** Make, rename, colour, order and delete groups. Each change is kept at once. */
export function GroupsDialog({ onClose }: { onClose: () => void }) {
  const client = useClient();
  const groups = useLive((state) => state.groups);
  const update = useMutation({
    mutationFn: (input: Partial<Group> & { uuid: string }) => client.groups.update(input),
  });
  const remove = useMutation({
    mutationFn: (input: { uuid: string }) => client.groups.remove(input),
  });
  const reorder = useMutation({
    mutationFn: async (order: readonly Group[]) => {
      for (const [position, group] of order.entries()) {
        if (group.position !== position) await client.groups.update({ uuid: group.uuid, position });
      }
    },
  });
  const failed = [update, remove, reorder].find((call) => call.isError);

  const move = (index: number, step: 1 | -1) => {
    const order = [...groups];
    const [moved] = order.splice(index, 1);
    if (moved) reorder.mutate(order.toSpliced(index + step, 0, moved));
  };

  return (
    <Dialog
      open
      title="Groups"
      description="A group gives its clusters a colour and a place in the sidebar."
      onOpenChange={onClose}
      footer={
        <Button tone="primary" onClick={onClose}>
          Done
        </Button>
      }
    >
      <Stack>
        <ul className={styles.list}>
          {groups.map((group, index) => (
            <GroupRow
              key={group.uuid}
              group={group}
              first={index === 0}
              last={index === groups.length - 1}
              onChange={(changes) => update.mutate({ uuid: group.uuid, ...changes })}
              onMove={(step) => move(index, step)}
              onRemove={() => remove.mutate({ uuid: group.uuid })}
            />
          ))}
        </ul>
        {failed && <ErrorNotice problem={problemOf(failed.error)} />}
        <NewGroup />
      </Stack>
    </Dialog>
  );
}

interface GroupRowProps {
  group: Group;
  first: boolean;
  last: boolean;
  onChange: (changes: { name: string } | { colour: string }) => void;
  onMove: (step: 1 | -1) => void;
  onRemove: () => void;
}

function GroupRow({ group, first, last, onChange, onMove, onRemove }: GroupRowProps) {
  const members = useLive(
    (state) =>
      [...state.clusters.values()].filter((cluster) => cluster.groupUuid === group.uuid).length,
  );
  const [name, setName] = useState(group.name);
  const save = () => {
    const wanted = name.trim();
    if (wanted === '') setName(group.name);
    else if (wanted !== group.name) onChange({ name: wanted });
  };
  return (
    <li className={styles.row}>
      <Popover
        label={`Colour of ${group.name}`}
        trigger={
          <button
            type="button"
            className={styles.colour}
            aria-label={`Colour of ${group.name}`}
            style={{ background: group.colour }}
          />
        }
      >
        <Swatches
          label={`Colour of ${group.name}`}
          value={group.colour}
          onChange={(colour) => colour !== null && onChange({ colour })}
        />
      </Popover>
      <Input
        aria-label={`Name of the group ${group.name}`}
        value={name}
        maxLength={60}
        onChange={setName}
        onBlur={save}
        onKeyDown={(event) => {
          if (event.key === 'Enter') save();
        }}
      />
      <span className={styles.members}>{plural(members, 'cluster')}</span>
      <IconButton
        icon={ArrowUp}
        label={`Move ${group.name} up`}
        disabled={first}
        onClick={() => onMove(-1)}
      />
      <IconButton
        icon={ArrowDown}
        label={`Move ${group.name} down`}
        disabled={last}
        onClick={() => onMove(1)}
      />
      <IconButton
        icon={Trash2}
        tone="danger"
        label={`Delete ${group.name}; its clusters stay, with no group`}
        onClick={onRemove}
      />
    </li>
  );
}

function NewGroup() {
  const client = useClient();
  const [name, setName] = useState('');
  const [colour, setColour] = useState(DEFAULT_COLOUR);
  const create = useMutation({
    mutationFn: () => client.groups.create({ name, colour }),
    onSuccess: () => setName(''),
  });
  const problem = create.isError ? problemOf(create.error) : null;
  return (
    <form
      className={styles.fresh}
      onSubmit={(event) => {
        event.preventDefault();
        if (name.trim() !== '') create.mutate();
      }}
    >
      <Field label="New group" error={problem?.data?.fields?.name ?? problem?.title}>
        {(control) => (
          <Input
            {...control}
            placeholder="Teaching"
            maxLength={60}
            value={name}
            onChange={setName}
          />
        )}
      </Field>
      <Swatches
        label="Colour of the new group"
        value={colour}
        onChange={(next) => next !== null && setColour(next)}
      />
      <Stack direction="row">
        <Button type="submit" icon={Plus} disabled={name.trim() === ''} busy={create.isPending}>
          Add the group
        </Button>
      </Stack>
    </form>
  );
}
