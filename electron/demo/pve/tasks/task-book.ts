import { PveError, TaskFailure } from '../errors';
import { formatUpid } from './upid';

/** A line that appears once the task has come so far. */
export interface LogStep {
  /** 0..1 of the task's duration. */
  at: number;
  text: string;
}

/** Work to be done: what it is, how long it takes, what it changes. */
export interface TaskPlan {
  type: string;
  /** VMID, storage or whatever the type works on; may be empty. */
  id: string;
  node: string;
  user: string;
  tokenid?: string;
  durationMs: number;
  steps: LogStep[];
  /**
   * Carried out when the time is over. Throwing a TaskFailure or a PveError
   * makes the task fail with that text; nothing else may be thrown.
   */
  finish: (nowMs: number) => void;
  /** Undoes what starting the task did, when it is stopped or fails. */
  abandon?: () => void;
}

export interface Task {
  upid: string;
  plan: TaskPlan;
  pid: number;
  pstart: number;
  startMs: number;
  endMs: number;
  /** Absent while it runs. */
  exitstatus?: string;
}

const KEPT_TASKS = 1500;
const INTERRUPTED = 'received interrupt';

/**
 * All tasks of a cluster. Time is not waited for: whoever looks calls
 * `advance`, and everything due until then happens in its order.
 */
export class TaskBook {
  #tasks: Task[] = [];
  #running: Task[] = [];
  readonly #byUpid = new Map<string, Task>();
  #pid: number;
  #nextFailure: string | undefined;

  constructor(firstPid: number) {
    this.#pid = firstPid;
  }

  /** Begins a task and returns it. */
  start(plan: TaskPlan, nowMs: number): Task {
    const task = this.#make(plan, nowMs);
    if (this.#nextFailure !== undefined) {
      const text = this.#nextFailure;
      this.#nextFailure = undefined;
      plan.finish = () => {
        throw new TaskFailure(text);
      };
    }
    this.#running.push(task);
    this.#keep(task);
    return task;
  }

  /** Files a task that ended in the past. */
  record(plan: TaskPlan, startMs: number, exitstatus: string): void {
    const task = this.#make(plan, startMs);
    task.exitstatus = exitstatus;
    this.#keep(task);
  }

  /** Lets everything happen that is due by `nowMs`. */
  advance(nowMs: number): void {
    const due = this.#running.filter((task) => task.endMs <= nowMs);
    if (due.length === 0) return;
    this.#running = this.#running.filter((task) => task.endMs > nowMs);
    for (const task of due.sort((a, b) => a.endMs - b.endMs)) this.#end(task);
  }

  get(upid: string): Task | undefined {
    return this.#byUpid.get(upid);
  }

  /** Newest first. */
  list(): Task[] {
    return [...this.#tasks].sort((a, b) => b.startMs - a.startMs);
  }

  /** Ends a running task at once with an error text. */
  kill(upid: string, nowMs: number, text = INTERRUPTED): boolean {
    const task = this.#byUpid.get(upid);
    if (task === undefined || task.exitstatus !== undefined) return false;
    this.#running = this.#running.filter((other) => other !== task);
    task.endMs = nowMs;
    task.exitstatus = text;
    task.plan.abandon?.();
    return true;
  }

  /** The next task to be started will fail with this text. */
  failNext(text: string): void {
    this.#nextFailure = text;
  }

  #make(plan: TaskPlan, startMs: number): Task {
    this.#pid = this.#pid >= 4_000_000 ? 1000 : this.#pid + 7;
    const pstart = Math.floor(startMs / 10) % 0xffffffff;
    const parts = {
      node: plan.node,
      pid: this.#pid,
      pstart,
      startSeconds: Math.floor(startMs / 1000),
      type: plan.type,
      id: plan.id,
      user: plan.tokenid === undefined ? plan.user : `${plan.user}!${plan.tokenid}`,
    };
    return {
      upid: formatUpid(parts),
      plan,
      pid: this.#pid,
      pstart,
      startMs,
      endMs: startMs + plan.durationMs,
    };
  }

  #keep(task: Task): void {
    this.#tasks.push(task);
    this.#byUpid.set(task.upid, task);
    if (this.#tasks.length <= KEPT_TASKS) return;
    const dropped = this.#tasks.splice(0, this.#tasks.length - KEPT_TASKS);
    for (const old of dropped) this.#byUpid.delete(old.upid);
  }

  #end(task: Task): void {
    try {
      task.plan.finish(task.endMs);
      const warnings = task.plan.steps.filter((step) => step.text.startsWith('WARN:')).length;
      task.exitstatus = warnings === 0 ? 'OK' : `WARNINGS: ${warnings}`;
    } catch (error) {
      if (!(error instanceof TaskFailure || error instanceof PveError)) throw error;
      task.exitstatus = error.message.trim();
      task.plan.abandon?.();
    }
  }
}

/** The log of a task as far as it has come, without line numbers. */
export function logOf(task: Task, nowMs: number): string[] {
  const end = task.exitstatus === undefined ? nowMs : task.endMs;
  const reached = task.plan.durationMs === 0 ? 1 : (end - task.startMs) / task.plan.durationMs;
  const lines = task.plan.steps.filter((step) => step.at <= reached).map((step) => step.text);
  if (task.exitstatus === undefined) return lines;
  return [...lines, lastLine(task.exitstatus)];
}

function lastLine(exitstatus: string): string {
  if (exitstatus === 'OK') return 'TASK OK';
  if (exitstatus.startsWith('WARNINGS: ')) return `TASK ${exitstatus}`;
  return `TASK ERROR: ${exitstatus}`;
}
