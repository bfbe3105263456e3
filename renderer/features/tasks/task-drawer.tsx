import { useMutation, useQueryClient } from '@tanstack/react-query';
import { CircleStop } from 'lucide-react';
import { useState } from 'react';
import { useClient, useLive, useOrpc } from '../../app/context';
import { problemOf } from '../../transport/failure';
import { Button } from '../../ui/button';
import { CopyButton } from '../../ui/code';
import { ConfirmDialog } from '../../ui/confirm-dialog';
import { Dialog } from '../../ui/dialog';
import { ErrorNotice, Notice } from '../../ui/feedback';
import { Moment } from '../../ui/moment';
import { Stack } from '../../ui/stack';
import { useBlock } from '../access/use-block';
import { useRights } from '../access/use-rights';
import { TaskLogView } from './task-log-view';
import { TaskState } from './task-state';
import styles from './tasks.module.css';
import { taskTitle } from './title';
import { parseUpid } from './upid';
import { useTaskLog } from './use-task-log';

interface TaskDrawerProps {
  uuid: string;
  upid: string;
  onClose: () => void;
}

/** One task with its log as it is written, and the way to stop it. */
export function TaskDrawer({ uuid, upid, onClose }: TaskDrawerProps) {
  const cluster = useLive((state) => state.clusters.get(uuid));
  const [stopping, setStopping] = useState(false);
  const { log, problem } = useTaskLog(uuid, upid);
  const task = parseUpid(upid);
  const block = useBlock(cluster);
  const lack = useRights([uuid])(uuid, 'stopTask', task?.node ?? '');
  // everybody may stop what they started themselves
  const account = cluster?.authKind === 'token' ? cluster.tokenId : cluster?.user;
  const isOwn = task?.user === account;
  const title = task === null ? 'Task' : taskTitle(task.type, task.subject);
  const where = [cluster?.name, task?.node, task?.user].filter(Boolean).join(' · ');
  return (
    <Dialog
      open
      size="drawer"
      title={title}
      description={
        <Stack direction="row" gap="small">
          <TaskState state={log.state} />
          <span>
            {where}
            {task && (
              <>
                {' · '}
                <Moment at={task.startedAt} />
              </>
            )}
          </span>
        </Stack>
      }
      onOpenChange={onClose}
      footer={
        <>
          <CopyButton text={upid} label="Copy the task’s id" />
          {log.state === 'running' && (
            <Button
              tone="danger"
              icon={CircleStop}
              why={block ?? (isOwn ? null : lack)}
              onClick={() => setStopping(true)}
            >
              Stop the task
            </Button>
          )}
          <Button onClick={onClose}>Close</Button>
        </>
      }
    >
      <div className={styles.body}>
        {problem && <ErrorNotice problem={problem} />}
        {log.state === 'failed' && (
          <Notice tone="bad" title="The task failed.">
            {log.exitStatus}
          </Notice>
        )}
        {log.state === 'warnings' && (
          <Notice tone="warning" title="The task is done, with warnings.">
            {log.exitStatus}
          </Notice>
        )}
        <TaskLogView log={log} />
      </div>
      {stopping && (
        <StopDialog uuid={uuid} upid={upid} title={title} onClose={() => setStopping(false)} />
      )}
    </Dialog>
  );
}

function StopDialog(props: TaskDrawerProps & { title: string }) {
  const { uuid, upid, title, onClose } = props;
  const client = useClient();
  const orpc = useOrpc();
  const queries = useQueryClient();
  const stop = useMutation({
    mutationFn: () => client.tasks.stop({ uuid, upid }),
    onSuccess: () => {
      onClose();
      return queries.invalidateQueries({ queryKey: orpc.tasks.list.key() });
    },
  });
  return (
    <ConfirmDialog
      open
      onOpenChange={onClose}
      title={`Stop “${title}”?`}
      action="Stop the task"
      busy={stop.isPending}
      onConfirm={() => stop.mutate()}
      error={stop.isError && <ErrorNotice problem={problemOf(stop.error)} />}
    >
      The node ends the task where it stands. What it has done so far stays, and a guest it worked
      on may stay locked.
    </ConfirmDialog>
  );
}
