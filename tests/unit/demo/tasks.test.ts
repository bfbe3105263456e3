import { expect, test } from 'vitest';
import { TaskFailure } from '#electron/demo/pve/errors';
import { logOf, TaskBook, type TaskPlan } from '#electron/demo/pve/tasks/task-book';
import { formatUpid, parseUpid } from '#electron/demo/pve/tasks/upid';

function plan(parts: Partial<TaskPlan> = {}): TaskPlan {
  return {
    type: 'qmstart',
    id: '100',
    node: 'pve1',
    user: 'root@pam',
    durationMs: 1000,
    steps: [],
    finish: () => {},
    ...parts,
  };
}

test('a task runs as long as its plan says and then has happened', () => {
  const book = new TaskBook(1000);
  let happened = 0;
  const task = book.start(plan({ finish: () => (happened += 1) }), 50_000);
  book.advance(50_999);
  expect([task.exitstatus, happened]).toEqual([undefined, 0]);
  book.advance(51_000);
  book.advance(90_000);
  expect([task.exitstatus, happened]).toEqual(['OK', 1]);
});

test('tasks that fall due together happen in the order of their ends', () => {
  const book = new TaskBook(1000);
  const order: string[] = [];
  book.start(plan({ durationMs: 3000, finish: () => order.push('slow') }), 0);
  book.start(plan({ durationMs: 1000, finish: () => order.push('quick') }), 500);
  book.advance(60_000);
  expect(order).toEqual(['quick', 'slow']);
});

test('the log grows with the task and ends with its outcome', () => {
  const book = new TaskBook(1000);
  const steps = [
    { at: 0, text: 'begun' },
    { at: 0.5, text: 'half way' },
  ];
  const task = book.start(plan({ steps }), 0);
  expect(logOf(task, 100)).toEqual(['begun']);
  expect(logOf(task, 600)).toEqual(['begun', 'half way']);
  book.advance(1000);
  expect(logOf(task, 9000)).toEqual(['begun', 'half way', 'TASK OK']);
});

test('a failure becomes the exit status and undoes what the start did', () => {
  const book = new TaskBook(1000);
  let undone = false;
  const task = book.start(
    plan({
      finish: () => {
        throw new TaskFailure('VM 100 already running');
      },
      abandon: () => {
        undone = true;
      },
    }),
    0,
  );
  book.advance(2000);
  expect([task.exitstatus, undone]).toEqual(['VM 100 already running', true]);
  expect(logOf(task, 2000)).toEqual(['TASK ERROR: VM 100 already running']);
});

test('warnings in the log are counted and are no failure', () => {
  const book = new TaskBook(1000);
  const task = book.start(plan({ steps: [{ at: 0, text: 'WARN: no bridge' }] }), 0);
  book.advance(2000);
  expect(task.exitstatus).toBe('WARNINGS: 1');
});

test('a killed task ends at once, changes nothing and cannot end twice', () => {
  const book = new TaskBook(1000);
  let happened = false;
  const task = book.start(plan({ finish: () => (happened = true) }), 0);
  expect(book.kill(task.upid, 300)).toBe(true);
  book.advance(5000);
  expect([task.exitstatus, task.endMs, happened]).toEqual(['received interrupt', 300, false]);
  expect(book.kill(task.upid, 400)).toBe(false);
});

test('the next task fails on request, the one after it does not', () => {
  const book = new TaskBook(1000);
  book.failNext('start failed: QEMU exited with code 1');
  const [first, second] = [book.start(plan(), 0), book.start(plan(), 0)];
  book.advance(2000);
  expect([first.exitstatus, second.exitstatus]).toEqual([
    'start failed: QEMU exited with code 1',
    'OK',
  ]);
});

test('a book does not grow without end', () => {
  const book = new TaskBook(1000);
  for (let i = 0; i < 2000; i += 1) book.record(plan(), i * 1000, 'OK');
  expect(book.list().length).toBeLessThanOrEqual(1500);
  expect(book.list()[0]?.startMs).toBe(1_999_000);
});

test('a UPID says what it was made of', () => {
  const parts = {
    node: 'pve-01',
    pid: 141,
    pstart: 214_916,
    startSeconds: 1_795_289_728,
    type: 'qmstart',
    id: '100',
    user: 'root@pam!full',
  };
  const upid = formatUpid(parts);
  expect(upid).toBe('UPID:pve-01:0000008D:00034784:6B01F280:qmstart:100:root@pam!full:');
  expect(parseUpid(upid)).toEqual(parts);
  expect(parseUpid('UPID:bogus')).toBeUndefined();
});
