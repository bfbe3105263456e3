import { type ReactNode, useRef } from 'react';
import type { Cluster } from '#shared/contract/clusters';
import { useLeaveGuard } from '../../app/leave-guard';
import type { Problem } from '../../transport/failure';
import { Button } from '../../ui/button';
import { ErrorNotice } from '../../ui/feedback';
import { useBlock } from '../access/use-block';
import { AppearanceSection } from './appearance-section';
import { ConnectionSection } from './connection-section';
import { DeploymentSection } from './deployment-section';
import styles from './edit.module.css';
import { FormTest } from './form-test';
import type { ClusterFormState } from './use-cluster-form';
import type { StorageList } from './use-storage-list';

interface ClusterEditorProps {
  state: ClusterFormState;
  stored: Cluster | null;
  storages: StorageList;
  action: string;
  saving: boolean;
  /** why it was not saved, where no field is at fault */
  problem: Problem | null;
  /** above the form, as what to do about a newer stored version */
  notice?: ReactNode;
  /** gets a function that lets the page be left without a question */
  onSave: (release: () => void) => void;
  onCancel: () => void;
}

/** The form in its sections, the test beside it, and the bar that saves. */
export function ClusterEditor(props: ClusterEditorProps) {
  const block = useBlock();
  const { state, stored, storages } = props;
  const form = useRef<HTMLFormElement>(null);
  const release = useLeaveGuard(state.dirty);
  const wrong = Object.keys(state.errors).length;

  const save = () => {
    state.showErrors();
    props.onSave(release);
    // after the errors are drawn
    requestAnimationFrame(() =>
      form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus(),
    );
  };

  return (
    <>
      {props.notice !== undefined && <div className={styles.notices}>{props.notice}</div>}
      <form
        ref={form}
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          save();
        }}
      >
        <div className={styles.form}>
          <ConnectionSection state={state} stored={stored} />
          <FormTest
            state={state}
            uuid={stored?.uuid}
            onPassed={(draft) => {
              if (draft.kind === 'proxmox') void storages.load({ draft });
            }}
          />
          <DeploymentSection state={state} storages={storages} />
          <AppearanceSection state={state} />
        </div>
        <div className={styles.bar}>
          <div className={styles.barInner}>
            <div className={styles.barWords} role="status">
              {props.problem && wrong === 0 ? (
                <ErrorNotice problem={props.problem} />
              ) : wrong > 0 ? (
                wrong === 1 ? (
                  'One field needs a correction.'
                ) : (
                  `${wrong} fields need a correction.`
                )
              ) : state.dirty ? (
                'Not saved yet.'
              ) : (
                ''
              )}
            </div>
            <Button onClick={props.onCancel}>Cancel</Button>
            <Button
              type="submit"
              tone="primary"
              busy={props.saving}
              why={block}
              disabled={stored !== null && !state.dirty}
            >
              {props.action}
            </Button>
          </div>
        </div>
      </form>
    </>
  );
}
