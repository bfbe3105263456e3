import { X } from 'lucide-react';
import { Dialog as Radix } from 'radix-ui';
import type { ReactNode } from 'react';
import { IconButton } from './button';
import { cx } from './cx';
import styles from './dialog.module.css';

interface DialogProps {
  title: ReactNode;
  /** one or two sentences below the title */
  description?: ReactNode;
  open: boolean;
  onOpenChange: (open: boolean) => void;
  size?: 'small' | 'medium' | 'large' | 'drawer';
  /** buttons at the foot, the deed last */
  footer?: ReactNode;
  /** false while something is under way that must not be left by a stray click */
  dismissable?: boolean;
  /** no head and no padding: the content is all there is; the title is only read out */
  bare?: boolean;
  children?: ReactNode;
}

/** The dialog itself takes the focus, unless one of its fields has it already. */
function focusInside(event: Event) {
  event.preventDefault();
  const dialog = event.currentTarget;
  if (dialog instanceof HTMLElement && !dialog.contains(document.activeElement)) dialog.focus();
}

/**
 * A dialog over a dimmed page, or a drawer at its right edge. Radix keeps the focus inside and gives
 * it back. The scrim is our own: Radix' overlay inserts a style element, which the page's
 * Content-Security-Policy refuses.
 */
export function Dialog(props: DialogProps) {
  const { size = 'medium', dismissable = true, bare = false } = props;
  const hold = (event: Event) => {
    if (!dismissable) event.preventDefault();
  };
  return (
    <Radix.Root open={props.open} onOpenChange={props.onOpenChange}>
      <Radix.Portal>
        <div className={cx(styles.scrim, size === 'drawer' && styles.side)}>
          <Radix.Content
            className={cx(styles.dialog, styles[size])}
            onOpenAutoFocus={focusInside}
            onEscapeKeyDown={hold}
            onPointerDownOutside={hold}
            {...(props.description === undefined && { 'aria-describedby': undefined })}
          >
            {bare ? (
              <Radix.Title className="visually-hidden">{props.title}</Radix.Title>
            ) : (
              <header className={styles.head}>
                <div className={styles.words}>
                  <Radix.Title className={styles.title}>{props.title}</Radix.Title>
                  {props.description !== undefined && (
                    <Radix.Description asChild>
                      <div className={styles.description}>{props.description}</div>
                    </Radix.Description>
                  )}
                </div>
                {dismissable && (
                  <Radix.Close asChild>
                    <IconButton icon={X} label="Close" />
                  </Radix.Close>
                )}
              </header>
            )}
            {props.children !== undefined && (
              <div className={bare ? undefined : styles.body}>{props.children}</div>
            )}
            {props.footer !== undefined && <footer className={styles.foot}>{props.footer}</footer>}
          </Radix.Content>
        </div>
      </Radix.Portal>
    </Radix.Root>
  );
}
