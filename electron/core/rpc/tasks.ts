import type { Tasks } from '../operations/tasks';
import { os } from './base';

interface TaskServices {
  tasks: Pick<Tasks, 'list' | 'follow' | 'stop'>;
}

export function createTasksRouter({ tasks }: TaskServices) {
  return {
    list: os.tasks.list.handler(({ input }) => tasks.list(input.uuid, input.limit)),
    follow: os.tasks.follow.handler(({ input, signal }) =>
      tasks.follow(input.uuid, input.upid, signal),
    ),
    stop: os.tasks.stop.handler(({ input }) => tasks.stop(input.uuid, input.upid)),
  };
}
