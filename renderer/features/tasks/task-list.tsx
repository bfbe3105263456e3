import { useQuery } from '@tanstack/react-query';
import { ListTodo } from 'lucide-react';
import { useState } from 'react';
import type { TaskRow } from '#shared/contract/tasks';
import { duration, plain } from '#shared/domain/units';
import { useParam } from '../../app/address';
import { useOrpc } from '../../app/context';
import { problemOf } from '../../transport/failure';
import { Button } from '../../ui/button';
import { Segmented } from '../../ui/choice';
import { EmptyState, ErrorNotice, Skeleton } from '../../ui/feedback';
import { Moment } from '../../ui/moment';
import { useNow } from '../../ui/now';
import { Stack } from '../../ui/stack';
import { Cell, HeadCell, Table } from '../../ui/table';
import { TaskState } from './task-state';
import styles from './tasks.module.css';
import { taskTitle } from './title';

const REFETCH_MS = 10_000;
const FILTERS = [
  { value: 'all', label: 'All' },
  { value: 'running', label: 'Running' },
  { value: 'failed', label: 'Failed' },
] as const;
type Filter = (typeof FILTERS)[number]['value'];

/** The tasks of a cluster, newest first; each opens its log. */
export function TaskList({ uuid }: { uuid: string }) {
  const orpc = useOrpc();
  const [filter, setFilter] = useState<Filter>('all');
  const tasks = useQuery(
    orpc.tasks.list.queryOptions({ input: { uuid, limit: 200 }, refetchInterval: REFETCH_MS }),
  );
  const shown = tasks.data?.filter((task) => filter === 'all' || task.state === filter) ?? [];
  return (
    <Stack>
      <div>
        <Segmented label="Which tasks" value={filter} options={FILTERS} onChange={setFilter} />
      </div>
      {tasks.isError && (
        <ErrorNotice
          problem={problemOf(tasks.error)}
          action={
            <Button small busy={tasks.isFetching} onClick={() => void tasks.refetch()}>
              Try again
            </Button>
          }
        />
      )}
      {tasks.isPending && <Skeleton height="240px" />}
      {tasks.data !== undefined && shown.length === 0 && (
        <EmptyState icon={ListTodo} title={EMPTY[filter]} />
      )}
      {shown.length > 0 && <TaskTable uuid={uuid} tasks={shown} />}
    </Stack>
  );
}

const EMPTY: Record<Filter, string> = {
  all: 'No task is known',
  running: 'No task is running',
  failed: 'No task has failed lately',
};

function TaskTable({ uuid, tasks }: { uuid: string; tasks: readonly TaskRow[] }) {
  const [, openTask] = useParam('task');
  return (
    <Table label="Tasks">
      <thead>
        <tr>
          <HeadCell>State</HeadCell>
          <HeadCell>Task</HeadCell>
          <HeadCell>Node</HeadCell>
          <HeadCell>User</HeadCell>
          <HeadCell>Started</HeadCell>
          <HeadCell numeric>Took</HeadCell>
        </tr>
      </thead>
      <tbody>
        {tasks.map((task) => (
          <tr key={task.upid}>
            <Cell>
              <TaskState state={task.state} />
            </Cell>
            <Cell>
              <button
                type="button"
                className={styles.open}
                onClick={() => openTask(`${uuid}|${task.upid}`)}
              >
                {taskTitle(task.type, task.subject)}
              </button>
              {task.state === 'failed' && <p className={styles.failure}>{task.exitStatus}</p>}
            </Cell>
            <Cell quiet>{task.node}</Cell>
            <Cell quiet>{task.user}</Cell>
            <Cell quiet>
              <Moment at={task.startedAt} />
            </Cell>
            <Cell numeric>
              <Took task={task} />
            </Cell>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}

function Took({ task }: { task: TaskRow }) {
  return task.endedAt === null ? (
    <RunningFor since={task.startedAt} />
  ) : (
    plain(duration((task.endedAt - task.startedAt) / 1000))
  );
}

function RunningFor({ since }: { since: number }) {
  return plain(duration((useNow() - since) / 1000));
}
