import { type ReactNode, useState } from 'react';
import { Button } from './button';
import styles from './paged.module.css';

const PAGE = 100;

/**
 * A long list in steps: the first hundred, and a button for more. Cheap to draw, and unlike a
 * virtual list whole for screen readers and the browser's own search.
 */
export function usePaged<Item>(items: readonly Item[]): {
  shown: readonly Item[];
  more: ReactNode;
} {
  const [limit, setLimit] = useState(PAGE);
  const rest = items.length - limit;
  return {
    shown: items.slice(0, limit),
    more: rest > 0 && (
      <div className={styles.more}>
        <Button small onClick={() => setLimit(limit + PAGE)}>
          {`Show ${Math.min(rest, PAGE)} more of ${rest}`}
        </Button>
        {rest > PAGE && (
          <Button small tone="quiet" onClick={() => setLimit(items.length)}>
            Show all
          </Button>
        )}
      </div>
    ),
  };
}
