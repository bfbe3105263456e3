import type { TaskLogEvent, TaskRow } from '#shared/contract/tasks';
import type { ClusterReader } from '../clusters/types';
import type { Store } from '../db/store';
import type { Clock } from '../ports';
import { readTaskLog, readTaskStatus, readTasks } from '../pve/schemas/cluster';
import type { PveClient, PveClients } from '../pve/types';
import { endState, taskPath } from './upid';

export interface TasksDeps {
  store: Pick<Store, 'mutate'>;
  clock: Clock;
  clients: Pick<PveClients, 'get'>;
  clusters: Pick<ClusterReader, 'get'>;
}

const PAGE = 500;
const FIRST_MS = 700;
const LONGEST_MS = 3000;

/** The clusters' own tasks. */
export class Tasks {
  readonly #deps: TasksDeps;

  constructor(deps: TasksDeps) {
    this.#deps = deps;
  }

  /** The newest first; what runs comes before what has ended. */
  async list(uuid: string, limit: number): Promise<TaskRow[]> {
    const answer = await this.#deps.clients.get(uuid).call('GET', '/cluster/tasks');
    const rows = readTasks(answer.data).rows.map((task): TaskRow => {
      const running = task.endtime === null && task.status === null;
      return {
        upid: task.upid,
        node: task.node,
        type: task.type,
        subject: task.id,
        user: task.tokenid === null ? task.user : `${task.user}!${task.tokenid}`,
        startedAt: task.starttime ?? 0,
        endedAt: task.endtime,
        state: running ? 'running' : endState(task.status),
        exitStatus: task.status,
      };
    });
    const order = (row: TaskRow) => (row.state === 'running' ? 0 : 1);
    return rows
      .toSorted((a, b) => order(a) - order(b) || b.startedAt - a.startedAt)
      .slice(0, limit);
  }

  /** The log from its start, then what is added, until the task ends or the signal aborts. */
  async *follow(
    uuid: string,
    upid: string,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<TaskLogEvent> {
    const client = this.#deps.clients.get(uuid);
    const options = signal === undefined ? {} : { signal };
    let next = 0;
    let snapshot = true;
    let pauseMs = FIRST_MS;
    for (;;) {
      // the status comes first: a log read after the end is whole
      const answer = await client.call('GET', `${taskPath(upid)}/status`, undefined, options);
      const { running, exitStatus } = readTaskStatus(answer.data);
      const state = running ? 'running' : endState(exitStatus);
      let quiet = true;
      for await (const lines of pages(client, upid, next, options)) {
        next = lines.at(-1)?.n ?? next;
        quiet = lines.length === 0;
        if (lines.length > 0 || snapshot) yield { snapshot, lines, state, exitStatus };
        snapshot = false;
      }
      if (!running) {
        if (quiet) yield { snapshot: false, lines: [], state, exitStatus };
        return;
      }
      pauseMs = quiet ? Math.min(LONGEST_MS, pauseMs * 1.5) : FIRST_MS;
      await this.#deps.clock.sleep(pauseMs, signal);
    }
  }

  /** Asks the cluster to end a task; the task itself tells when it has. */
  async stop(uuid: string, upid: string): Promise<void> {
    const { clients, clusters, store } = this.#deps;
    const { clusterId } = clusters.get(uuid);
    await clients.get(uuid).call('DELETE', taskPath(upid));
    store.mutate((tx) => tx.audit({ action: 'task.stop', subject: `${clusterId} ${upid}` }));
  }
}

async function* pages(
  client: Pick<PveClient, 'call'>,
  upid: string,
  from: number,
  options: { signal?: AbortSignal },
) {
  let start = from;
  for (;;) {
    const answer = await client.call(
      'GET',
      `${taskPath(upid)}/log`,
      { start, limit: PAGE },
      options,
    );
    const lines = readTaskLog(answer.data)
      // an empty log is one line that says so
      .rows.filter((line) => line.n > start && !(line.n === 1 && line.t === 'no content'))
      .map(({ n, t }) => ({ n, text: t }));
    yield lines;
    if (lines.length < PAGE) return;
    start = lines.at(-1)?.n ?? start + PAGE;
  }
}
