import { describe, expect, it } from 'vitest';
import type { Operation, OperationItem } from '#shared/contract/operations';
import { byUrgency, justEnded, summary } from '../../../renderer/features/operations/summary';

const item = (state: OperationItem['state'], label: string = state): OperationItem => ({
  key: label,
  clusterUuid: '6f0f3a52-7a3a-4a52-8f5e-1d2c3b4a5968',
  guestId: 'qemu/100',
  label,
  state,
  upid: null,
  message: '',
  failure: null,
  startedAt: null,
  endedAt: null,
});
const operation = (state: Operation['state'], items: OperationItem[], id = 'op'): Operation => ({
  id,
  kind: 'guestAction',
  title: 'Start 2 guests',
  action: 'start',
  state,
  items,
  createdAt: 0,
  endedAt: null,
});

describe('an operation in a sentence', () => {
  it('names failures first and leaves out what there is none of', () => {
    const items = [item('done'), item('running'), item('failed'), item('done', 'second')];
    expect(summary(operation('running', items))).toBe('1 failed, 1 running, 2 done');
    expect(byUrgency(items).map((one) => one.state)).toEqual(['failed', 'running', 'done', 'done']);
  });

  it('is short when all is well', () => {
    expect(summary(operation('done', [item('done')]))).toBe('done');
    expect(summary(operation('done', [item('done'), item('done', 'b')]))).toBe('all 2 done');
  });
});

describe('the notice of an end', () => {
  it('comes once, for what was seen running', () => {
    const before = new Map([['op', 'running' as const]]);
    const ended = operation('done', [item('done')]);
    expect(justEnded(before, [ended], 1)).toMatchObject([{ tone: 'ok', detail: 'done' }]);
    expect(justEnded(new Map([['op', 'done' as const]]), [ended], 1)).toEqual([]);
    expect(justEnded(new Map(), [ended], 1)).toEqual([]);
  });

  it('comes also for one that began and ended between two pushes', () => {
    const quick = { ...operation('failed', [item('failed')]), createdAt: 500 };
    expect(justEnded(new Map(), [quick], 400)).toMatchObject([{ tone: 'bad' }]);
    expect(justEnded(new Map(), [quick], 501)).toEqual([]);
  });

  it('never calls a failed or unknown item a success', () => {
    const before = new Map([['op', 'running' as const]]);
    const tone = (items: OperationItem[]) =>
      justEnded(before, [operation('done', items)], 1).map((notice) => notice.tone);
    expect(tone([item('done'), item('failed')])).toEqual(['bad']);
    expect(tone([item('done'), item('unknown')])).toEqual(['warning']);
  });
});
