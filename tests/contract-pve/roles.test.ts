import { expect, test } from 'vitest';
import { z } from 'zod';
import { builtInRoles } from '#electron/demo/pve/access/roles';
import { dressOf } from '#electron/demo/pve/dress';
import { recordings } from './recordings';

const answer = z.object({ data: z.array(z.object({ roleid: z.string(), privs: z.string() })) });

test('every role of 9.2 carries exactly the recorded privileges', () => {
  const found = recordings('auth').find((one) => one.name === 'roles');
  const rows = answer.parse(found?.response.json).data;
  const recorded = Object.fromEntries(rows.map((row) => [row.roleid, row.privs]));
  const made = Object.fromEntries(
    builtInRoles(dressOf('9.2')).map((role) => [role.id, role.privileges.join(',')]),
  );
  expect(made).toEqual(recorded);
});

test('before 9 one privilege stands for all of the guest agent', () => {
  const admin = builtInRoles(dressOf('8.4')).find((role) => role.id === 'PVEVMAdmin');
  expect(admin?.privileges).toContain('VM.Monitor');
  expect(admin?.privileges.some((privilege) => privilege.includes('GuestAgent'))).toBe(false);
});
