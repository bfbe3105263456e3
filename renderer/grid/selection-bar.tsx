import { X } from 'lucide-react';
import type { ReactNode } from 'react';
import { IconButton } from '../ui/button';
import styles from './selection-bar.module.css';

interface SelectionBarProps {
  /** what is selected, as `guests` */
  what: string;
  /** `12 guests` */
  words: string;
  /** nothing is shown for none */
  count: number;
  onClear: () => void;
  /** buttons for what can be done */
  children: ReactNode;
}

/** What can be done with the selected rows; floats over the list's foot, so that nothing moves. */
export function SelectionBar({ what, words, count, onClear, children }: SelectionBarProps) {
  return (
    <div className={styles.place}>
      {count > 0 && (
        <div role="toolbar" aria-label={`Selected ${what}`} className={styles.bar}>
          <output className={styles.count}>{words} selected</output>
          {children}
          <IconButton icon={X} label="Select none" onClick={onClear} />
        </div>
      )}
    </div>
  );
}
