import { useEffect, useMemo, useState } from 'react';
import type { z } from 'zod';
import { type Draft, draftSchema } from '#shared/contract/drafts';
import type { Client } from '#shared/contract/index';
import { Ago } from '../ui/ago';
import { Button } from '../ui/button';
import { Notice } from '../ui/feedback';
import { useClient } from './context';

const KEEP_AFTER_MS = 400;

/** Sends the newest state of a form on its way, a moment after the typing pauses. */
export class DraftKeeper {
  readonly #drafts: Client['drafts'];
  readonly #key: string;
  #waiting: Draft['value'] | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(drafts: Client['drafts'], key: string) {
    this.#drafts = drafts;
    this.#key = key;
  }

  readonly keep = (form: object): void => {
    const plain = draftSchema.shape.value.safeParse(JSON.parse(JSON.stringify(form)));
    if (!plain.success) return;
    this.#waiting = plain.data;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.flush, KEEP_AFTER_MS);
  };

  /** Keeps at once what still waits, as when the form is closed. */
  readonly flush = (): void => {
    clearTimeout(this.#timer);
    if (this.#waiting === null) return;
    const value = this.#waiting;
    this.#waiting = null;
    // one that is lost with its connection is kept again with the next change
    this.#drafts.keep({ key: this.#key, value }).catch(() => undefined);
  };

  /** Forgets the draft: it was saved, or is not wanted. */
  readonly drop = (): void => {
    clearTimeout(this.#timer);
    this.#waiting = null;
    this.#drafts.drop({ key: this.#key }).catch(() => undefined);
  };
}

interface KeptDraft<Value> {
  value: Value;
  /** ms since 1970 */
  at: number;
}

/**
 * The draft of a form, kept by the core so that it outlives the window. Secrets must not be part of
 * it. A form waits for `ready` before it is drawn.
 * @param schema what of a kept draft still fits; one that does not is left alone
 */
export function useDraft<Schema extends z.ZodType<object>>(key: string, schema: Schema) {
  const client = useClient();
  const [loaded, setLoaded] = useState<{ kept: KeptDraft<z.infer<Schema>> | null } | null>(null);
  const keeper = useMemo(() => new DraftKeeper(client.drafts, key), [client, key]);
  useEffect(() => {
    let gone = false;
    const show = (draft: Draft | null) => {
      if (gone) return;
      const fitting = schema.safeParse(draft?.value);
      setLoaded({
        kept: draft !== null && fitting.success ? { value: fitting.data, at: draft.at } : null,
      });
    };
    client.drafts.get({ key }).then(show, () => show(null));
    window.addEventListener('pagehide', keeper.flush);
    return () => {
      gone = true;
      window.removeEventListener('pagehide', keeper.flush);
      keeper.flush();
    };
  }, [client, key, keeper, schema]);
  const drop = () => {
    keeper.drop();
    setLoaded({ kept: null });
  };
  return { ready: loaded !== null, kept: loaded?.kept ?? null, keep: keeper.keep, drop };
}

/** Says that a form starts from what was typed before. */
export function DraftNotice(props: { at: number; note?: string; onDiscard: () => void }) {
  return (
    <Notice
      tone="information"
      title={
        <>
          Your draft from <Ago at={props.at} /> is back.
        </>
      }
      action={
        <Button small onClick={props.onDiscard}>
          Start afresh
        </Button>
      }
    >
      {props.note ?? 'It was not saved yet. Passwords are not part of a draft.'}
    </Notice>
  );
}
