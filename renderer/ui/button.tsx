import type { LucideIcon } from 'lucide-react';
import type { ComponentPropsWithRef, ReactNode } from 'react';
import styles from './button.module.css';
import { cx } from './cx';
import { Tooltip } from './tooltip';

type ButtonTone = 'plain' | 'primary' | 'danger' | 'quiet';

interface ButtonProps extends ComponentPropsWithRef<'button'> {
  tone?: ButtonTone;
  icon?: LucideIcon;
  /** work is under way: the button keeps its width, takes no click and says so to screen readers */
  busy?: boolean;
  small?: boolean;
  /** why it cannot be used now, in a sentence: it stays in place, takes no click and tells this */
  why?: string | null | undefined;
  children: ReactNode;
}

/** A button with words, as every action has. */
export function Button(props: ButtonProps) {
  const {
    tone = 'plain',
    icon: Icon,
    busy = false,
    small = false,
    children,
    className,
    disabled,
    why = null,
    ...rest
  } = props;
  const button = (
    <button
      type="button"
      {...rest}
      disabled={disabled === true || busy}
      {...(why !== null && { 'aria-disabled': true, type: 'button', onClick: undefined })}
      aria-busy={busy || undefined}
      className={cx(styles.button, styles[tone], small && styles.small, className)}
    >
      {Icon && <Icon size={small ? 14 : 16} strokeWidth={1.75} aria-hidden />}
      <span className={cx(styles.words, busy && styles.busy)}>{children}</span>
    </button>
  );
  return why === null ? button : <Tooltip content={why}>{button}</Tooltip>;
}

interface IconButtonProps extends Omit<ComponentPropsWithRef<'button'>, 'children'> {
  icon: LucideIcon;
  /** what it does, for the tooltip and for screen readers */
  label: string;
  tone?: 'plain' | 'framed' | 'danger';
  size?: number;
}

/** A button that is only an icon; its name stands in a tooltip. */
export function IconButton(props: IconButtonProps) {
  const { icon: Icon, label, tone = 'plain', size = 16, className, ...rest } = props;
  return (
    <Tooltip content={label}>
      <button
        type="button"
        aria-label={label}
        {...rest}
        className={cx(styles.icon, styles[`icon-${tone}`], className)}
      >
        <Icon size={size} strokeWidth={1.75} aria-hidden />
      </button>
    </Tooltip>
  );
}
