import { expect, test } from 'vitest';
import { z } from 'zod';
import type { Guest } from '#electron/demo/pve/model/types';
import { DirectSite } from './direct';

function find(lab: DirectSite, wanted: (guest: Guest) => boolean): Guest {
  const guest = [...lab.site.cluster.guests.values()].find(wanted);
  if (guest === undefined) throw new RangeError('The lab has no such guest.');
  return guest;
}

function pathOf(guest: Guest): string {
  return `/nodes/${guest.node}/${guest.kind}/${guest.vmid}`;
}

/** Acts and lets the task end; answers its exit status. */
function outcome(lab: DirectSite, path: string, params: Record<string, string> = {}): string {
  const upid = z.string().parse(lab.ask('POST', path, params).data);
  lab.pass(400_000);
  const node = upid.split(':')[1];
  const status = lab.ask('GET', `/nodes/${node}/tasks/${encodeURIComponent(upid)}/status`);
  return z.looseObject({ exitstatus: z.string() }).parse(status.data).exitstatus;
}

const power = (guest: Guest, action: string) => `${pathOf(guest)}/status/${action}`;

test('a started machine runs once its task has ended, not before', () => {
  const lab = new DirectSite();
  const guest = find(lab, (one) => one.status === 'stopped' && !one.template);
  lab.ask('POST', power(guest, 'start'));
  expect(guest.status).toBe('stopped');
  lab.pass(10_000);
  lab.ask('GET', '/version');
  expect(guest.status).toBe('running');
  expect(outcome(lab, power(guest, 'start'))).toMatch(/already running$/);
});

test('a machine that ignores its power button times out, unless it is forced', () => {
  const lab = new DirectSite();
  const guest = find(lab, (one) => one.status === 'running' && one.kind === 'qemu');
  guest.ignoresPowerButton = true;
  expect(outcome(lab, power(guest, 'shutdown'), { timeout: '30' })).toBe(
    'VM quit/powerdown failed - got timeout',
  );
  expect(guest.status).toBe('running');
  expect(outcome(lab, power(guest, 'shutdown'), { timeout: '30', forceStop: '1' })).toBe('OK');
  expect(guest.status).toBe('stopped');
});

test('a reboot starts the clock of the guest again', () => {
  const lab = new DirectSite();
  const guest = find(lab, (one) => one.status === 'running');
  const uptime = () =>
    z
      .looseObject({ uptime: z.number() })
      .parse(lab.ask('GET', `${pathOf(guest)}/status/current`).data).uptime;
  const before = uptime();
  expect(outcome(lab, power(guest, 'reboot'))).toBe('OK');
  expect(uptime()).toBeLessThan(before);
});

test('a locked guest is left alone', () => {
  const lab = new DirectSite();
  const guest = find(lab, (one) => one.status === 'running' && one.kind === 'qemu');
  guest.lock = 'backup';
  expect(outcome(lab, power(guest, 'shutdown'))).toBe('VM is locked (backup)');
  expect(lab.ask('PUT', `${pathOf(guest)}/config`, { description: 'x' }).reason).toBe(
    'VM is locked (backup)',
  );
});

test('a running machine takes memory over with its next boot', () => {
  const lab = new DirectSite();
  const guest = find(lab, (one) => one.status === 'running' && one.kind === 'qemu');
  const before = guest.memBytes;
  expect(lab.ask('PUT', `${pathOf(guest)}/config`, { memory: '1024' }).status).toBe(200);
  expect(guest.memBytes).toBe(before);
  outcome(lab, power(guest, 'stop'));
  outcome(lab, power(guest, 'start'));
  expect(guest.memBytes).toBe(1024 ** 3);
});

test('a full clone is locked while it is copied and gone when its task is stopped', () => {
  const lab = new DirectSite();
  const template = find(lab, (one) => one.template && one.kind === 'qemu');
  const copy = () =>
    z
      .string()
      .parse(
        lab.ask('POST', `${pathOf(template)}/clone`, { newid: '700', full: '1', name: 'copy' })
          .data,
      );
  const task = (upid: string) => `/nodes/${template.node}/tasks/${encodeURIComponent(upid)}`;
  const upid = copy();
  lab.pass(3000);
  const log = lab.ask('GET', `${task(upid)}/log`, { limit: '500' }).data;
  expect(JSON.stringify(log)).toContain('transferred');
  expect(lab.site.cluster.guests.get(700)?.lock).toBe('clone');
  expect(lab.ask('DELETE', task(upid)).status).toBe(200);
  expect(lab.site.cluster.guests.has(700)).toBe(false);
  copy();
  lab.pass(600_000);
  lab.ask('GET', '/version');
  expect(lab.site.cluster.guests.get(700)).toMatchObject({ name: 'copy', template: false });
  expect(lab.site.cluster.guests.get(700)?.lock).toBeUndefined();
});

test('left to itself the lab lives: tasks come and go, and machines with them', () => {
  const lab = new DirectSite({ ambient: true });
  const states = () => [...lab.site.cluster.guests.values()].map((guest) => guest.status).join();
  const before = states();
  const tasks = lab.site.tasks.list().length;
  for (let minute = 0; minute < 20; minute += 1) {
    lab.pass(60_000);
    lab.ask('GET', '/version');
  }
  expect(lab.site.tasks.list().length).toBeGreaterThan(tasks + 8);
  expect(states()).not.toBe(before);
});

test('after a night asleep the lab does not make up for every hour of it', () => {
  const lab = new DirectSite({ ambient: true });
  const tasks = lab.site.tasks.list().length;
  lab.pass(12 * 3_600_000);
  lab.ask('GET', '/version');
  expect(lab.site.tasks.list().length).toBeLessThan(tasks + 15);
});
