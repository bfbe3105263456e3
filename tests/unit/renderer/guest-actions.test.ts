import { describe, expect, it } from 'vitest';
import { ACTIONS, planAction } from '../../../renderer/features/guests/actions';
import { guestRow } from '../../support/rows';

const clusters = new Map([
  ['lab', { clusterId: 'lab', protected: false, readOnly: false }],
  ['prod', { clusterId: 'prod', protected: true, readOnly: false }],
  ['exam', { clusterId: 'exam', protected: true, readOnly: false }],
]);
const guest = (vmid: number, status: string, uuid = 'lab', template = false) => ({
  uuid,
  clusterId: uuid,
  clusterName: uuid,
  row: guestRow({ vmid, status, template }),
});

describe('the plan of an action', () => {
  it('names how many are left alone, and why', () => {
    const plan = planAction(
      'start',
      [
        guest(1, 'stopped'),
        guest(2, 'running'),
        guest(3, 'running'),
        guest(4, 'stopped', 'lab', true),
        guest(5, 'unknown'),
      ],
      clusters,
    );
    expect(plan.targets.map((one) => one.row.vmid)).toEqual([1]);
    expect(plan.leftAlone).toEqual([
      { reason: 'on already', count: 2 },
      { reason: 'a template', count: 1 },
      { reason: 'in an unknown state', count: 1 },
    ]);
    expect(plan.refusal).toBeNull();
  });

  it('leaves alone what a read-only cluster has, and what the account may not act on', () => {
    const marked = new Map([
      ...clusters,
      ['wall', { clusterId: 'wall', protected: false, readOnly: true }],
    ]);
    const guests = [guest(1, 'running'), guest(2, 'running'), guest(3, 'running', 'wall')];
    const plan = planAction('stop', guests, marked, ({ row }) =>
      row.vmid === 2 ? 'without the privilege VM.PowerMgmt' : null,
    );
    expect(plan.targets.map((one) => one.row.vmid)).toEqual([1]);
    expect(plan.leftAlone).toEqual([
      { reason: 'without the privilege VM.PowerMgmt', count: 1 },
      { reason: 'on a read-only cluster', count: 1 },
    ]);
  });

  it('asks for the id of a protected cluster, but not for what harms nothing there', () => {
    const on = guest(1, 'running', 'prod');
    const off = guest(2, 'stopped', 'prod');
    expect(planAction('stop', [on], clusters).typeToConfirm).toBe('prod');
    expect(planAction('start', [off], clusters).typeToConfirm).toBeNull();
    expect(planAction('stop', [off, guest(3, 'running')], clusters).typeToConfirm).toBeNull();
  });

  it('acts on one protected cluster at a time', () => {
    const plan = planAction(
      'stop',
      [guest(1, 'running', 'prod'), guest(2, 'running', 'exam')],
      clusters,
    );
    expect(plan.refusal).toContain('prod, exam');
    expect(plan.typeToConfirm).toBeNull();
  });

  it('refuses what reaches nobody, and more than one operation takes', () => {
    expect(planAction('stop', [guest(1, 'stopped')], clusters).refusal).not.toBeNull();
    const many = Array.from({ length: 501 }, (_, n) => guest(n + 1, 'stopped'));
    expect(planAction('start', many, clusters).refusal).toContain('501');
    expect(planAction('start', many.slice(1), clusters).refusal).toBeNull();
  });

  it('can stop a guest that hangs in a state between on and off', () => {
    expect(ACTIONS.stop.applies(guestRow({ status: 'paused' }))).toBe(true);
    expect(ACTIONS.start.applies(guestRow({ status: 'paused' }))).toBe(false);
  });
});
