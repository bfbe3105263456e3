import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { newEnrolmentText, parseEnrolment } from '#agent/identity/enrolment';
import type { MemberRecord } from '#agent/membership/records';
import { enrolmentForNewcomers } from '#agent/operations/merge/pact/enrolling';
import { member, StagedMembership } from '#tests/support/agent';
import { fingerprintOf, freshState } from '#tests/support/merge-guests';
import { sweptFolder } from '#tests/support/temp-folder';

const idOf = (number: number) => `a0a0a0a0-0000-4000-8000-00000000000${number}`;

function record(number: number): MemberRecord {
  return {
    id: idOf(number),
    name: `a${number}`,
    address: `10.77.1.${number}`,
    tailscaleIp: '',
    apiPort: 9090,
    gossipPort: 7946,
    roles: ['slurm-worker'],
    voter: true,
    capabilities: { cpu: 2, ram: '4GB', gpu: 0, arch: 'amd64' },
    fingerprint: fingerprintOf(number),
    joinedAt: 1,
  };
}

test('a newcomer gets the key, the members that answer as seeds, and may not found', async () => {
  const path = join(sweptFolder(), 'enrolment.yaml');
  const text = newEnrolmentText(
    { name: 'lab-a', region: 'eu', founder: 'a1', seeds: ['10.9.9.9:7946', '10.77.1.1:7946'] },
    Date.now(),
  );
  writeFileSync(path, text, { mode: 0o600 });
  const state = freshState();
  const puts = [1, 2, 3].map((number) => ({ key: `members/${idOf(number)}`, put: record(number) }));
  await state.commit([], puts);
  const [a1, a2, a3] = [1, 2, 3].map((number) =>
    member(`a${number}`, { id: idOf(number), status: number === 2 ? 'failed' : 'alive' }),
  );
  if (a1 === undefined || a2 === undefined || a3 === undefined) throw new Error('no members');
  const membership = new StagedMembership(a1, [a2, a3]);
  const given = await enrolmentForNewcomers({ membership, state, path });
  const [own, newcomer] = [parseEnrolment(text, 'own'), parseEnrolment(given, 'given')];
  expect(newcomer.cluster).toEqual(own.cluster);
  expect(Buffer.from(newcomer.keys.challengeKey())).toEqual(Buffer.from(own.keys.challengeKey()));
  expect(newcomer.founder).toBeNull();
  expect(newcomer.seeds).toEqual(['10.77.1.1:7946', '10.77.1.3:7946', '10.9.9.9:7946']);
});
