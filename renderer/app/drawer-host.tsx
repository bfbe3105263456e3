import { lazy, Suspense } from 'react';
import { ClusterNotices } from '../features/operations/cluster-notices';
import { OperationDrawer } from '../features/operations/operation-drawer';
import { OperationNotices } from '../features/operations/operation-notices';
import { TaskDrawer } from '../features/tasks/task-drawer';
import { useParam } from './address';

const GuestDrawer = lazy(() => import('../features/guests/guest-drawer'));
const JobDrawer = lazy(() => import('../features/clusteros/job-drawer'));

/**
 * The drawers that open over any page. The address says which (`?guest=`, `?job=`, `?task=`,
 * `?operation=`), so that back closes them and a reload keeps them; a task opened from an
 * operation stands above it.
 */
export function DrawerHost() {
  const [guest, setGuest] = useParam('guest');
  const [job, setJob] = useParam('job');
  const [operation, setOperation] = useParam('operation');
  const [task, setTask] = useParam('task');
  const bar = task?.indexOf('|') ?? -1;
  return (
    <>
      <OperationNotices />
      <ClusterNotices />
      {guest !== null && (
        <Suspense fallback={null}>
          <GuestDrawer key={guest} guestKey={guest} onClose={() => setGuest(null)} />
        </Suspense>
      )}
      {job !== null && (
        <Suspense fallback={null}>
          <JobDrawer key={job} jobKey={job} onClose={() => setJob(null)} />
        </Suspense>
      )}
      {operation !== null && (
        <OperationDrawer key={operation} id={operation} onClose={() => setOperation(null)} />
      )}
      {task !== null && bar > 0 && (
        <TaskDrawer
          key={task}
          uuid={task.slice(0, bar)}
          upid={task.slice(bar + 1)}
          onClose={() => setTask(null)}
        />
      )}
    </>
  );
}
