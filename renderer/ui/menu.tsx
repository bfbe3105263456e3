import { Check, type LucideIcon } from 'lucide-react';
import { DropdownMenu } from 'radix-ui';
import type { ReactNode } from 'react';
import { cx } from './cx';
import styles from './menu.module.css';

interface MenuProps {
  /** the button that opens it; must take a ref */
  trigger: ReactNode;
  align?: 'start' | 'end';
  children: ReactNode;
}

/** A drop-down menu. Not modal, so that Radix needs no style element (see dialog.tsx). */
export function Menu(props: MenuProps) {
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>{props.trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          className={styles.menu}
          align={props.align ?? 'end'}
          sideOffset={4}
          collisionPadding={8}
        >
          {props.children}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

interface MenuItemProps {
  icon?: LucideIcon;
  tone?: 'plain' | 'danger';
  /** stands faint at the right, as a key */
  note?: ReactNode;
  disabled?: boolean;
  onSelect: () => void;
  children: ReactNode;
}

export function MenuItem(props: MenuItemProps) {
  const Icon = props.icon;
  return (
    <DropdownMenu.Item
      className={cx(styles.item, props.tone === 'danger' && styles.danger)}
      disabled={props.disabled ?? false}
      onSelect={props.onSelect}
    >
      <span className={styles.mark}>
        {Icon && <Icon size={15} strokeWidth={1.75} aria-hidden />}
      </span>
      <span className={styles.words}>{props.children}</span>
      {props.note !== undefined && <span className={styles.note}>{props.note}</span>}
    </DropdownMenu.Item>
  );
}

interface MenuCheckProps {
  checked: boolean;
  onChange: (checked: boolean) => void;
  note?: ReactNode;
  children: ReactNode;
}

/** An entry that is on or off; the menu stays open. */
export function MenuCheck(props: MenuCheckProps) {
  return (
    <DropdownMenu.CheckboxItem
      className={styles.item}
      checked={props.checked}
      onCheckedChange={props.onChange}
      onSelect={(event) => event.preventDefault()}
    >
      <span className={styles.mark}>
        <DropdownMenu.ItemIndicator>
          <Check size={15} strokeWidth={2} aria-hidden />
        </DropdownMenu.ItemIndicator>
      </span>
      <span className={styles.words}>{props.children}</span>
      {props.note !== undefined && <span className={styles.note}>{props.note}</span>}
    </DropdownMenu.CheckboxItem>
  );
}

interface MenuChoiceProps<Value extends string> {
  value: Value;
  options: readonly { value: Value; label: ReactNode }[];
  onChange: (value: Value) => void;
}

/** One of several entries. */
export function MenuChoice<Value extends string>(props: MenuChoiceProps<Value>) {
  return (
    <DropdownMenu.RadioGroup
      value={props.value}
      onValueChange={(value) => {
        const picked = props.options.find((option) => option.value === value);
        if (picked) props.onChange(picked.value);
      }}
    >
      {props.options.map((option) => (
        <DropdownMenu.RadioItem key={option.value} value={option.value} className={styles.item}>
          <span className={styles.mark}>
            <DropdownMenu.ItemIndicator>
              <Check size={15} strokeWidth={2} aria-hidden />
            </DropdownMenu.ItemIndicator>
          </span>
          <span className={styles.words}>{option.label}</span>
        </DropdownMenu.RadioItem>
      ))}
    </DropdownMenu.RadioGroup>
  );
}

export function MenuLabel(props: { children: ReactNode }) {
  return <DropdownMenu.Label className={styles.label}>{props.children}</DropdownMenu.Label>;
}

export function MenuSeparator() {
  return <DropdownMenu.Separator className={styles.separator} />;
}
