import { CircleAlert, CircleCheck, Info, type LucideIcon, X } from 'lucide-react';
import { createContext, type ReactNode, useCallback, useContext, useMemo, useState } from 'react';
import { Button, IconButton } from './button';
import { cx } from './cx';
import styles from './toast.module.css';

interface ToastInput {
  tone: 'ok' | 'information' | 'bad';
  title: string;
  detail?: string;
  action?: { label: string; run: () => void };
}

interface Toast extends ToastInput {
  id: string;
}

interface Toasts {
  /** shows a short message; failures stay until closed, the rest goes after six seconds */
  notify: (toast: ToastInput) => void;
}

const ICONS: Record<ToastInput['tone'], LucideIcon> = {
  ok: CircleCheck,
  information: Info,
  bad: CircleAlert,
};
const SHOWN_MS = 6000;
const AT_MOST = 4;

const ToastContext = createContext<Toasts | null>(null);

export function useToasts(): Toasts {
  const toasts = useContext(ToastContext);
  if (toasts === null) throw new Error('useToasts needs a ToastProvider around it');
  return toasts;
}

/** Keeps the messages and shows them at the lower right, read out politely. */
export function ToastProvider(props: { children: ReactNode }) {
  const [shown, setShown] = useState<Toast[]>([]);
  const close = useCallback((id: string) => {
    setShown((list) => list.filter((toast) => toast.id !== id));
  }, []);
  const toasts = useMemo(
    (): Toasts => ({
      notify: (input) => {
        const id = crypto.randomUUID();
        setShown((list) => [...list, { ...input, id }].slice(-AT_MOST));
        if (input.tone !== 'bad') setTimeout(() => close(id), SHOWN_MS);
      },
    }),
    [close],
  );
  return (
    <ToastContext value={toasts}>
      {props.children}
      <section className={styles.stack} aria-label="Messages" aria-live="polite">
        {shown.map((toast) => (
          <ToastView key={toast.id} toast={toast} onClose={() => close(toast.id)} />
        ))}
      </section>
    </ToastContext>
  );
}

function ToastView({ toast, onClose }: { toast: Toast; onClose: () => void }) {
  const Icon = ICONS[toast.tone];
  const { action } = toast;
  return (
    <div className={cx(styles.toast, styles[toast.tone])}>
      <Icon size={16} strokeWidth={1.75} aria-hidden className={styles.icon} />
      <div className={styles.words}>
        <strong>{toast.title}</strong>
        {toast.detail !== undefined && <p className={styles.detail}>{toast.detail}</p>}
      </div>
      {action && (
        <Button
          small
          onClick={() => {
            action.run();
            onClose();
          }}
        >
          {action.label}
        </Button>
      )}
      <IconButton icon={X} label="Dismiss" size={14} onClick={onClose} />
    </div>
  );
}
