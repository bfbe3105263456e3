import { Plus, SearchX } from 'lucide-react';
import { useMemo } from 'react';
import { useLocation } from 'wouter';
import { z } from 'zod';
import { useLive } from '../../app/context';
import { Button } from '../../ui/button';
import { EmptyState } from '../../ui/feedback';
import { Page } from '../../ui/page';
import { useSessionState } from '../../ui/session-state';
import { useBlock } from '../access/use-block';
import { CardGrid } from './card-grid';
import { DeckToolbar } from './deck-toolbar';
import { deckOrder, deckSentence, deckStates } from './deck-view';
import { Welcome } from './welcome';

/** All clusters as cards, or those of one group. */
export function DeckPage({ groupUuid }: { groupUuid: string | null }) {
  const block = useBlock();
  const clusters = useLive((state) => state.clusters);
  const live = useLive((state) => state.live);
  const groups = useLive((state) => state.groups);
  const sort = useLive((state) => state.settings?.deckSort ?? 'priority');
  const [states, setStates] = useSessionState('deck.states', deckStates, []);
  const [text, setText] = useSessionState('deck.text', z.string(), '');
  const [, navigate] = useLocation();
  const group = groups.find((entry) => entry.uuid === groupUuid);

  const cards = useMemo(
    () => deckOrder({ clusters, live }, { groupUuid, states, text, sort }),
    [clusters, live, groupUuid, states, text, sort],
  );
  const sentence = useMemo(() => deckSentence({ clusters, live }), [clusters, live]);

  if (clusters.size === 0) return <Welcome />;
  const filtered = states.length > 0 || text !== '';
  return (
    <Page
      title={group?.name ?? 'Deck'}
      lead={sentence}
      {...(group && { crumbs: [{ label: 'Deck', href: '#/' }] })}
      actions={
        <>
          <DeckToolbar
            groupUuid={groupUuid}
            states={states}
            onStates={setStates}
            text={text}
            onText={setText}
            sort={sort}
          />
          <Button tone="primary" icon={Plus} why={block} onClick={() => navigate('/add')}>
            Add cluster
          </Button>
        </>
      }
    >
      {cards.length > 0 ? (
        <CardGrid uuids={cards} />
      ) : (
        <EmptyState
          icon={SearchX}
          title={filtered ? 'No cluster fits this filter.' : 'No cluster is in this group yet.'}
          actions={
            filtered ? (
              <Button
                onClick={() => {
                  setStates([]);
                  setText('');
                }}
              >
                Clear the filter
              </Button>
            ) : (
              <Button onClick={() => navigate('/')}>Show all clusters</Button>
            )
          }
        />
      )}
    </Page>
  );
}
