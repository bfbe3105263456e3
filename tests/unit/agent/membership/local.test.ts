import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { fingerprintOf } from '#agent/membership/challenge';
import { LocalCluster } from '#agent/membership/local';
import { StillClock } from '#tests/support/still-clock';

const identity = {
  uuid: '11111111-1111-4111-8111-111111111111',
  name: 'forge',
  region: 'eu',
  datacenter: 'room-7',
  createdAt: 1,
};

const node = (name: string) => ({
  id: `id-${name}`,
  name,
  address: '127.0.0.1',
  apiPort: 9090,
  certificate: randomBytes(64),
  roles: ['slurm-worker'] as const,
  voter: true,
});

test('every node of a simulated cluster sees the same members, and what becomes of them', async () => {
  const clock = new StillClock();
  const cluster = new LocalCluster(identity, clock);
  const second = node('a2');
  const a1 = cluster.add(node('a1'));
  const a2 = cluster.add(second);
  const told: string[] = [];
  const stop = a1.onChange(({ member }) => told.push(`${member.name} ${member.status}`));

  expect(a1.members()).toEqual(a2.members());
  expect(a1.self.name).toBe('a1');
  expect(a2.self.fingerprint).toBe(fingerprintOf(second.certificate));

  cluster.setStatus('id-a2', 'failed');
  cluster.setStatus('id-a2', 'failed');
  expect(told).toEqual(['a2 failed']);
  expect(a2.isRunning()).toBe(false);
  const seenAt = a1.members()[1]?.lastSeen ?? 0;
  await clock.advance(5_000);
  const [alive, failed] = a1.members();
  expect(failed?.lastSeen).toBe(seenAt);
  expect(alive?.lastSeen).toBe(seenAt + 5);

  cluster.setStatus('id-a2', 'alive');
  await a2.leave();
  expect(told).toEqual(['a2 failed', 'a2 alive', 'a2 left']);
  stop();
  cluster.setStatus('id-a2', 'alive');
  expect(told).toHaveLength(3);
});
