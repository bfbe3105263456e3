import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { EtcdDaemon } from '#agent/state/etcd/daemon';
import { KeptLog } from '#tests/support/agent';
import { StillClock } from '#tests/support/still-clock';
import { sweptFolder } from '#tests/support/temp-folder';

test('of what was set aside the last two stay, so that no disk fills with old copies', async () => {
  const folder = sweptFolder();
  const clock = new StillClock();
  const daemon = new EtcdDaemon({
    supervisor: {
      start: async () => undefined,
      restart: async () => undefined,
      stop: async () => undefined,
    },
    clock,
    logger: new KeptLog(),
    folder,
    clusterUuid: '0b0e5a2e-0000-4000-8000-000000000000',
    caSeed: new Uint8Array(32),
    nodeId: 'n1',
    address: '127.0.0.1',
    clientPort: 2379,
    peerPort: 2380,
  });
  for (let round = 1; round <= 4; round += 1) {
    mkdirSync(join(folder, 'data'));
    writeFileSync(join(folder, 'data', 'member'), `${round}`);
    await clock.advance(60_000);
    await daemon.retire();
  }
  const aside = readdirSync(folder).filter((name) => name.includes('.aside-'));
  expect(aside).toHaveLength(2);
  // the newest ones, and what is not a copy stays as well
  const stamps = aside.map((name) => name.split('.aside-')[1] ?? '').toSorted();
  const last = new Date(clock.now()).toISOString().replaceAll(/[:.]/g, '-');
  expect(stamps.at(-1)).toBe(last);
});
