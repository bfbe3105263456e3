import { parameterError, permissionError } from '../errors';
import { isTrue } from '../http/params';
import { type Call, Page, type Route } from '../http/route';
import { logOf, type Task } from '../tasks/task-book';
import { parseUpid } from '../tasks/upid';

const optional = { optional: true } as const;
const CLUSTER_TASKS = 100;
const DEFAULT_LIMIT = 50;
const count = { type: 'integer', optional: true, minimum: 0 } as const;

/** Tasks of a node and of the whole cluster. */
export const taskRoutes: readonly Route[] = [
  { method: 'GET', path: '/cluster/tasks', handle: clusterTasks },
  {
    method: 'GET',
    path: '/nodes/{node}/tasks',
    params: {
      start: count,
      limit: count,
      errors: { type: 'boolean', optional: true },
      source: { optional: true, enum: ['archive', 'active', 'all'] },
      vmid: { type: 'integer', optional: true },
      typefilter: optional,
      userfilter: optional,
      statusfilter: optional,
      since: count,
      until: count,
    },
    handle: nodeTasks,
  },
  { method: 'GET', path: '/nodes/{node}/tasks/{upid}/status', handle: status },
  {
    method: 'GET',
    path: '/nodes/{node}/tasks/{upid}/log',
    params: { start: count, limit: count, download: { type: 'boolean', optional: true } },
    handle: log,
  },
  {
    method: 'DELETE',
    path: '/nodes/{node}/tasks/{upid}',
    handle: (call) => {
      const task = taskOf(call);
      if (
        !own(call, task) &&
        !call.site.permissions.has(call.caller, `/nodes/${call.path.node}`, 'Sys.Modify')
      ) {
        throw permissionError(`/nodes/${call.path.node}`, 'Sys.Modify');
      }
      call.site.tasks.kill(task.upid, call.nowMs);
      return null;
    },
  },
];

function clusterTasks({ site, caller }: Call): unknown {
  const all = site.permissions.has(caller, '/', 'Sys.Audit');
  return site.tasks
    .list()
    .filter((task) => site.cluster.nodes.get(task.plan.node)?.online === true)
    .filter((task) => all || task.plan.user === caller.userid)
    .slice(0, CLUSTER_TASKS)
    .map((task) => ({
      ...identity(task),
      ...ending(task),
      // The index keeps what it has seen as text.
      saved: task.exitstatus === undefined ? 0 : '1',
    }));
}

function nodeTasks({ site, caller, path, params }: Call): Page {
  const auditor = site.permissions.has(caller, `/nodes/${path.node}`, 'Sys.Audit');
  const source = params.source ?? 'archive';
  const types = params.typefilter?.split(/[,;]/);
  const tasks = site.tasks
    .list()
    .filter(
      (task) =>
        task.plan.node === path.node &&
        (auditor || task.plan.user === caller.userid) &&
        (source === 'all' || (source === 'active') === (task.exitstatus === undefined)) &&
        (params.vmid === undefined || task.plan.id === params.vmid) &&
        (types === undefined || types.some((type) => task.plan.type.includes(type))) &&
        (params.userfilter === undefined || task.plan.user.includes(params.userfilter)) &&
        (params.since === undefined || task.startMs >= Number(params.since) * 1000) &&
        (params.until === undefined || task.startMs <= Number(params.until) * 1000) &&
        (!isTrue(params.errors) || failed(task)),
    );
  const start = Number(params.start ?? 0);
  const limit = Number(params.limit ?? DEFAULT_LIMIT);
  const rows = tasks.slice(start, start + limit).map((task) => ({
    ...identity(task),
    pid: task.pid,
    pstart: task.pstart,
    ...ending(task),
  }));
  return new Page(rows, tasks.length);
}

function failed(task: Task): boolean {
  const exit = task.exitstatus;
  return exit !== undefined && exit !== 'OK' && !exit.startsWith('WARNINGS');
}

function identity(task: Task): Record<string, unknown> {
  return {
    upid: task.upid,
    node: task.plan.node,
    type: task.plan.type,
    id: task.plan.id,
    user: task.plan.user,
    starttime: Math.floor(task.startMs / 1000),
    ...(task.plan.tokenid === undefined ? {} : { tokenid: task.plan.tokenid }),
  };
}

function ending(task: Task): Record<string, unknown> {
  if (task.exitstatus === undefined) return {};
  return { endtime: Math.floor(task.endMs / 1000), status: task.exitstatus };
}

function taskOf(call: Call): Task {
  const upid = call.path.upid ?? '';
  if (parseUpid(upid) === undefined) throw parameterError({ upid: 'unable to parse worker upid' });
  const task = call.site.tasks.get(upid);
  if (task === undefined || task.plan.node !== call.path.node) {
    throw parameterError({ upid: 'no such task' });
  }
  return task;
}

function own(call: Call, task: Task): boolean {
  return task.plan.user === call.caller.userid;
}

function assertReadable(call: Call, task: Task): void {
  const path = `/nodes/${call.path.node}`;
  if (!own(call, task) && !call.site.permissions.has(call.caller, path, 'Sys.Audit')) {
    throw permissionError(path, 'Sys.Audit');
  }
}

function status(call: Call): unknown {
  const task = taskOf(call);
  assertReadable(call, task);
  return {
    ...identity(task),
    pid: task.pid,
    pstart: task.pstart,
    status: task.exitstatus === undefined ? 'running' : 'stopped',
    ...(task.exitstatus === undefined ? {} : { exitstatus: task.exitstatus }),
  };
}

function log(call: Call): Page {
  const upid = call.path.upid ?? '';
  if (parseUpid(upid) === undefined) throw parameterError({ upid: 'unable to parse worker upid' });
  const task = call.site.tasks.get(upid);
  if (task === undefined) {
    return new Page([{ n: 1, t: 'unable to open file - No such file or directory' }], 1);
  }
  assertReadable(call, task);
  const lines = logOf(task, call.nowMs);
  const start = Number(call.params.start ?? 0);
  const limit = Number(call.params.limit ?? DEFAULT_LIMIT);
  const numbered = lines.map((t, index) => ({ n: index + 1, t }));
  // A limit of 0 asks for everything.
  const page = limit === 0 ? numbered.slice(start) : numbered.slice(start, start + limit);
  return new Page(
    page.length === 0 && start === 0 ? [{ n: 1, t: 'no content' }] : page,
    lines.length,
  );
}
