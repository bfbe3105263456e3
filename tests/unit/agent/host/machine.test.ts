import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { createMachine } from '#agent/host/machine';
import { sweptFolder } from '#tests/support/temp-folder';

const MEMINFO = 'MemTotal:       16384000 kB\nMemFree:  100 kB\nMemAvailable:    8192000 kB\n';

/** A machine as its /proc and /sys show it. */
function recorded(files: Record<string, string>): string {
  const root = sweptFolder();
  for (const [path, text] of Object.entries({ 'proc/meminfo': MEMINFO, ...files })) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}
const stat = (times: string) => `cpu  ${times}\ncpu0 1 1 1 1\ncpu1 1 1 1 1\nintr 5\n`;

test('what is used is a fraction of all cores between two readings', async () => {
  // user nice system idle iowait irq softirq steal guest guest_nice
  const root = recorded({ 'proc/stat': stat('100 0 100 700 100 0 0 0 50 0') });
  const machine = createMachine({ root, disk: root });
  const first = await machine.read();
  expect(first).toMatchObject({
    cpuCores: 2,
    cpuUsed: null,
    memTotalBytes: 16_384_000 * 1024,
    memAvailableBytes: 8_192_000 * 1024,
    gpus: 0,
  });
  expect(first.diskTotalBytes).toBeGreaterThanOrEqual(first.diskAvailableBytes);
  writeFileSync(join(root, 'proc/stat'), stat('150 0 125 800 125 0 0 0 90 0'));
  // busy 75 of 200 ticks; waiting for a disk is idling
  expect((await machine.read()).cpuUsed).toBeCloseTo(75 / 200);
});

test('no tick between two readings is nothing measured, and time that runs back is bounded', async () => {
  const root = recorded({ 'proc/stat': stat('10 0 10 100 10 0 0 0 0 0') });
  const machine = createMachine({ root, disk: root });
  await machine.read();
  expect((await machine.read()).cpuUsed).toBeNull();
  writeFileSync(join(root, 'proc/stat'), stat('30 0 10 100 5 0 0 0 0 0'));
  expect((await machine.read()).cpuUsed).toBe(1);
});

test('GPUs are those of the drivers that compute; the adapter of a board is none', async () => {
  const root = recorded({
    'proc/stat': stat('1 0 1 1 0 0 0 0 0 0'),
    'proc/driver/nvidia/gpus/0000:01:00.0/information': '',
    'proc/driver/nvidia/gpus/0000:02:00.0/information': '',
    'sys/class/kfd/kfd/topology/nodes/0/properties': 'cpu_cores_count 64\nsimd_count 0\n',
    'sys/class/kfd/kfd/topology/nodes/1/properties': 'cpu_cores_count 0\nsimd_count 440\n',
    'sys/class/drm/card0/device/class': '0x030000\n',
  });
  expect((await createMachine({ root, disk: root }).read()).gpus).toBe(3);
});

test('this very machine is read truthfully', async () => {
  const reading = await createMachine({ disk: '/tmp' }).read();
  expect(reading.cpuCores).toBe(cpus().length);
  expect(reading.memTotalBytes).toBe(totalmem());
  expect(['amd64', 'arm64']).toContain(reading.arch);
});
