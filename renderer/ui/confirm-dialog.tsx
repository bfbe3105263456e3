import { type ReactNode, useState } from 'react';
import { Button } from './button';
import { Dialog } from './dialog';
import { Field } from './field';
import { Input } from './input';
import { Stack } from './stack';

interface ConfirmDialogProps {
  title: ReactNode;
  /** what will happen and to what, in sentences */
  children?: ReactNode;
  /** the deed, as `Delete` */
  action: string;
  tone?: 'primary' | 'danger';
  /** where set, exactly this has to be typed first */
  typed?: string | undefined;
  busy?: boolean;
  /** false while something else has to be filled in first */
  complete?: boolean;
  /** why the last attempt failed */
  error?: ReactNode;
  open: boolean;
  onOpenChange: (open: boolean) => void;
  /** gets what was typed, '' where nothing had to be */
  onConfirm: (typed: string) => void;
}

/** Asks before something that cannot be taken back; what is typed is forgotten when it closes. */
export function ConfirmDialog(props: ConfirmDialogProps) {
  const [text, setText] = useState('');
  const ready =
    props.complete !== false && (props.typed === undefined || text.trim() === props.typed);
  const change = (open: boolean) => {
    if (!open) setText('');
    props.onOpenChange(open);
  };
  const confirm = () => {
    if (ready && props.busy !== true) props.onConfirm(text.trim());
  };
  return (
    <Dialog
      size="small"
      title={props.title}
      open={props.open}
      onOpenChange={change}
      dismissable={props.busy !== true}
      footer={
        <>
          <Button onClick={() => change(false)} disabled={props.busy}>
            Cancel
          </Button>
          <Button
            tone={props.tone ?? 'danger'}
            busy={props.busy ?? false}
            disabled={!ready}
            onClick={confirm}
          >
            {props.action}
          </Button>
        </>
      }
    >
      <Stack>
        {props.children}
        {props.typed !== undefined && (
          <form
            onSubmit={(event) => {
              event.preventDefault();
              confirm();
            }}
          >
            <Field
              label={
                <>
                  Type <code>{props.typed}</code> to confirm
                </>
              }
            >
              {(control) => <Input {...control} mono autoFocus value={text} onChange={setText} />}
            </Field>
          </form>
        )}
        {props.error}
      </Stack>
    </Dialog>
  );
}
