import type { ReactNode } from 'react';
import { cx } from './cx';
import styles from './stack.module.css';

interface StackProps {
  /** `row` wraps when it has no place */
  direction?: 'column' | 'row';
  gap?: 'small' | 'medium' | 'large';
  className?: string | undefined;
  children: ReactNode;
}

/** Things below or beside each other at the house's distances. */
export function Stack({ direction = 'column', gap = 'medium', className, children }: StackProps) {
  return <div className={cx(styles[direction], styles[gap], className)}>{children}</div>;
}
