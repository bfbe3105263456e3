import { type KeyboardEvent, useRef, useState } from 'react';
import styles from './card-grid.module.css';
import { cardAt } from './card-moves';
import { ClusterCard } from './cluster-card';

/**
 * The cards as one stop for the Tab key: arrows, Home and End move between cards, Enter opens, Tab
 * goes through the controls of the card one stands on.
 */
export function CardGrid({ uuids }: { uuids: readonly string[] }) {
  const grid = useRef<HTMLUListElement>(null);
  const [chosen, setChosen] = useState<string | null>(null);
  const current = chosen !== null && uuids.includes(chosen) ? chosen : uuids[0];

  const onKeyDown = (event: KeyboardEvent) => {
    const from = event.target instanceof HTMLElement ? event.target.dataset.card : undefined;
    if (from === undefined || grid.current === null || event.altKey || event.ctrlKey) return;
    const links = [...grid.current.querySelectorAll<HTMLElement>('[data-card]')];
    const rects = links.map((link) => link.closest('li')?.getBoundingClientRect() ?? new DOMRect());
    const index = links.findIndex((link) => link.dataset.card === from);
    const goal = links[cardAt(rects, index, event.key) ?? -1];
    if (goal === undefined) return;
    event.preventDefault();
    goal.focus();
    goal.closest('li')?.scrollIntoView({ block: 'nearest' });
  };

  return (
    // the list listens for arrows that come from the links inside it
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <ul
      ref={grid}
      className={styles.grid}
      aria-label="Clusters"
      onKeyDown={onKeyDown}
      onFocus={(event) => {
        const card = event.target.closest('li')?.querySelector<HTMLElement>('[data-card]');
        if (card?.dataset.card !== undefined) setChosen(card.dataset.card);
      }}
    >
      {uuids.map((uuid) => (
        <li key={uuid} className={styles.item}>
          <ClusterCard uuid={uuid} current={uuid === current} />
        </li>
      ))}
    </ul>
  );
}
