import { Tooltip as Radix } from 'radix-ui';
import type { ReactNode } from 'react';
import styles from './tooltip.module.css';

/** Shows a short explanation on hover and on keyboard focus; the child must take a ref. */
export function Tooltip(props: {
  content: ReactNode;
  side?: 'top' | 'right' | 'bottom' | 'left';
  children: ReactNode;
}) {
  return (
    <Radix.Root>
      <Radix.Trigger asChild>{props.children}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          className={styles.tooltip}
          side={props.side ?? 'top'}
          sideOffset={6}
          collisionPadding={8}
        >
          {props.content}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

/** Stands once around the interface. */
export function TooltipProvider(props: { children: ReactNode }) {
  return (
    <Radix.Provider delayDuration={350} skipDelayDuration={150}>
      {props.children}
    </Radix.Provider>
  );
}
