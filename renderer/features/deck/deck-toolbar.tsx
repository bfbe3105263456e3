import { useMutation } from '@tanstack/react-query';
import { ArrowDownWideNarrow, ListFilter, Rows2, Rows3, Search } from 'lucide-react';
import { useLocation } from 'wouter';
import type { Settings } from '#shared/contract/settings';
import { useClient, useLive } from '../../app/context';
import { useFailureToast } from '../../app/failure-toast';
import { Button, IconButton } from '../../ui/button';
import { Segmented } from '../../ui/choice';
import { Input } from '../../ui/input';
import { Menu, MenuCheck, MenuChoice } from '../../ui/menu';
import { Select } from '../../ui/select';
import styles from './deck-toolbar.module.css';
import { DECK_STATE_NAMES, DECK_STATES, type DeckState, deckState } from './deck-view';

type Sort = Settings['deckSort'];

const SORTS: readonly { value: Sort; label: string }[] = [
  { value: 'priority', label: 'Priority' },
  { value: 'attention', label: 'What needs you first' },
  { value: 'name', label: 'Name' },
  { value: 'cpu', label: 'CPU' },
  { value: 'memory', label: 'Memory' },
];

/** Above this the groups would not fit beside each other. */
const SEGMENTS = 3;

/** No group is called so: their keys are uuids. */
const ALL = 'all';

interface DeckToolbarProps {
  groupUuid: string | null;
  states: readonly DeckState[];
  onStates: (states: DeckState[]) => void;
  text: string;
  onText: (text: string) => void;
  sort: Sort;
}

/** Filters, order and density of the deck. */
export function DeckToolbar(props: DeckToolbarProps) {
  const client = useClient();
  const onError = useFailureToast();
  const density = useLive((state) => state.settings?.density ?? 'comfortable');
  const change = useMutation({
    mutationFn: (changes: Partial<Settings>) => client.settings.update(changes),
    onError,
  });
  const compact = density === 'compact';
  return (
    <>
      <span className={styles.search}>
        <Search size={14} strokeWidth={1.75} aria-hidden />
        <Input
          type="search"
          aria-label="Filter the clusters"
          placeholder="Filter"
          data-page-search
          value={props.text}
          onChange={props.onText}
          onKeyDown={(event) => {
            if (event.key === 'Escape') props.onText('');
          }}
        />
      </span>
      <GroupFilter groupUuid={props.groupUuid} />
      <StateFilter states={props.states} onStates={props.onStates} />
      <Menu
        trigger={<IconButton icon={ArrowDownWideNarrow} tone="framed" label="Order of the cards" />}
      >
        <MenuChoice
          value={props.sort}
          options={SORTS}
          onChange={(deckSort) => change.mutate({ deckSort })}
        />
      </Menu>
      <IconButton
        icon={compact ? Rows2 : Rows3}
        tone="framed"
        label={compact ? 'Show more comfortably' : 'Show more densely'}
        onClick={() => change.mutate({ density: compact ? 'comfortable' : 'compact' })}
      />
    </>
  );
}

function GroupFilter({ groupUuid }: { groupUuid: string | null }) {
  const groups = useLive((state) => state.groups);
  const [, navigate] = useLocation();
  if (groups.length === 0) return null;
  const options = [
    { value: ALL, label: 'All' },
    ...groups.map((group) => ({ value: group.uuid, label: group.name })),
  ];
  const open = (uuid: string) => navigate(uuid === ALL ? '/' : `/groups/${uuid}`);
  if (groups.length <= SEGMENTS) {
    return <Segmented label="Group" value={groupUuid ?? ALL} options={options} onChange={open} />;
  }
  return (
    <Select
      aria-label="Group"
      className={styles.groups}
      value={groupUuid ?? ALL}
      options={options}
      onChange={open}
    />
  );
}

function StateFilter(props: Pick<DeckToolbarProps, 'states' | 'onStates'>) {
  const live = useLive((state) => state.live);
  const clusters = useLive((state) => state.clusters);
  const counts = new Map<DeckState, number>();
  for (const uuid of clusters.keys()) {
    const state = deckState(live.get(uuid));
    counts.set(state, (counts.get(state) ?? 0) + 1);
  }
  return (
    <Menu
      trigger={
        <Button icon={ListFilter}>
          {props.states.length === 0 ? 'State' : `State (${props.states.length})`}
        </Button>
      }
    >
      {DECK_STATES.map((state) => (
        <MenuCheck
          key={state}
          checked={props.states.includes(state)}
          note={counts.get(state) ?? 0}
          onChange={(checked) =>
            props.onStates(
              checked ? [...props.states, state] : props.states.filter((other) => other !== state),
            )
          }
        >
          {DECK_STATE_NAMES[state]}
        </MenuCheck>
      ))}
    </Menu>
  );
}
