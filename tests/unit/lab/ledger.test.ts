import { describe, expect, it } from 'vitest';
import {
  type Account,
  audit,
  complaints,
  isClean,
  readAccounts,
  readTraces,
  type Ticket,
  type Trace,
} from '#tests/lab/load/ledger';

const ticket = (nonce: string, id: string | null, tookMs = 20): Ticket => ({
  nonce,
  id,
  at: 1,
  tookMs,
  error: id === null ? 'sbatch: error: Unable to contact slurm controller' : '',
});
const traces = (nonce: string, id: string, ...what: Trace['what'][]): Trace[] =>
  what.map((one) => ({ what: one, nonce, id, host: 'a3' }));
const account = (nonce: string, id: string, state = 'COMPLETED'): Account => ({
  id,
  name: nonce,
  state,
  line: '',
});

describe('the account of jobs under load', () => {
  it('is clean when each job ran once, and tells the longest wait', () => {
    const found = audit(
      [ticket('n1', '7'), ticket('n2', '8', 412)],
      [...traces('n1', '7', 'start', 'end'), ...traces('n2', '8', 'start', 'end')],
      [account('n1', '7'), account('n2', '8')],
    );
    expect(found).toMatchObject({ submitted: 2, longestMs: 412 });
    expect(isClean(found)).toBe(true);
  });

  const once = traces('n1', '7', 'start', 'end');
  const cases: [string, Ticket[], Trace[], Account[]][] = [
    ['1 lost: 7', [ticket('n1', '7')], traces('n1', '7', 'start'), [account('n1', '7')]],
    ['1 lost: 7', [ticket('n1', '7')], once, []],
    [
      '1 repeated: 7',
      [ticket('n1', '7')],
      [...traces('n1', '7', 'start'), ...once],
      [account('n1', '7')],
    ],
    ['1 ended twice: 7', [ticket('n1', '7')], once, [account('n1', '7'), account('n1', '7')]],
    [
      '1 ended twice: 7',
      [ticket('n1', '7')],
      [...once, ...traces('n1', '7', 'end')],
      [account('n1', '7')],
    ],
    ['1 failed: 7', [ticket('n1', '7')], once, [account('n1', '7', 'NODE_FAIL')]],
    [
      '1 have one number: 7',
      [ticket('n1', '7'), ticket('n2', '7')],
      [...once, ...traces('n2', '7', 'start', 'end')],
      [account('n1', '7'), account('n2', '7')],
    ],
    ['1 refused: sbatch: error: Unable to contact slurm controller', [ticket('n1', null)], [], []],
  ];
  it.each(cases)('says "%s"', (sentence, tickets, written, accounts) => {
    expect(complaints(audit(tickets, written, accounts))).toEqual([sentence]);
  });

  it('allows a job to run once whose client was told nothing, and no more than once', () => {
    const accounts = [account('n1', '7')];
    expect(audit([ticket('n1', null)], once, accounts)).toMatchObject({
      unasked: ['n1'],
      repeated: [],
      lost: [],
    });
    expect(audit([ticket('n1', null)], [...once, ...once], accounts).repeated).toEqual(['n1']);
  });

  it('takes a job that was put back before it began for one that ran once', () => {
    const put = [account('n1', '7', 'NODE_FAIL'), account('n1', '7')];
    expect(isClean(audit([ticket('n1', '7')], once, put))).toBe(true);
    const twice = [...traces('n1', '7', 'start'), ...once];
    expect(audit([ticket('n1', '7')], twice, put).repeated).toEqual(['7']);
  });

  it('does not mind the jobs of others', () => {
    const others = [...traces('x1', '5', 'start', 'start', 'end', 'end')];
    const found = audit(
      [ticket('n1', '7')],
      [...once, ...others],
      [account('n1', '7'), account('x1', '5', 'FAILED')],
    );
    expect(isClean(found)).toBe(true);
  });
});

it('reads what jobs and SLURM wrote', () => {
  expect(readTraces('start n1 7 a3\ngarbage\nend n1 7 a2\n')).toEqual([
    { what: 'start', nonce: 'n1', id: '7', host: 'a3' },
    { what: 'end', nonce: 'n1', id: '7', host: 'a2' },
  ]);
  const line =
    'JobId=11000022 UserId=root(0) GroupId=root(0) Name=n1-22 JobState=COMPLETED Partition=batch';
  expect(readAccounts(`${line}\n\n`)).toEqual([
    { id: '11000022', name: 'n1-22', state: 'COMPLETED', line },
  ]);
});
