import fc from 'fast-check';
import { expect, test } from 'vitest';
import { missingFor, privilegesFor } from '#electron/core/trust/privileges';
import { FEATURES } from '#shared/contract/connection';

/** What the server lists for an account with these privileges on the root, passed on or not. */
const onRoot = (privileges: string[], propagate = true) => ({
  '/': Object.fromEntries(privileges.map((name) => [name, propagate])),
});

test('an account with exactly the privileges of a set of features lacks nothing for them', () => {
  fc.assert(
    fc.property(
      fc.subarray([...FEATURES], { minLength: 1 }),
      fc.constantFrom(7, 8, 9),
      (features, major) => {
        const held = onRoot(privilegesFor(features, major));
        for (const feature of features) expect(missingFor(feature, held, major).ok).toBe(true);
      },
    ),
  );
});

test('taking one privilege away is noticed by a feature that needs it, by name', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...FEATURES),
      fc.constantFrom(7, 8, 9),
      fc.nat(),
      (feature, major, pick) => {
        const all = privilegesFor([feature], major);
        const gone = all[pick % all.length] ?? '';
        const result = missingFor(feature, onRoot(all.filter((name) => name !== gone)), major);
        expect(result.ok).toBe(false);
        expect(result.missing.every(({ privileges }) => privileges.includes(gone))).toBe(true);
        expect(result.remedy).toContain(gone);
      },
    ),
  );
});

test('releases ask for what they have: no privilege of another release is in a role', () => {
  const all = (major: number) => privilegesFor([...FEATURES], major);
  expect(all(7)).not.toContain('SDN.Use');
  expect(all(8)).toContain('SDN.Use');
  expect(all(8).some((name) => name.startsWith('VM.GuestAgent'))).toBe(false);
  expect(all(9)).toContain('VM.GuestAgent.Audit');
  for (const major of [7, 8, 9]) expect(all(major)).not.toContain('VM.Monitor');
});

test('a privilege that is not passed on is none for the guests below', () => {
  const held = onRoot(['VM.Audit', 'VM.PowerMgmt'], false);
  expect(missingFor('power', held, 9).missing).toEqual([
    { path: '/vms', privileges: ['VM.Audit', 'VM.PowerMgmt'] },
  ]);
});

test('a path listed for itself counts as it stands, whatever is above it', () => {
  const above = onRoot(['VM.Audit', 'VM.PowerMgmt']);
  expect(missingFor('power', { ...above, '/vms': { 'VM.Audit': true } }, 9).missing).toEqual([
    { path: '/vms', privileges: ['VM.PowerMgmt'] },
  ]);
});

test('privileges on one pool only are told as such', () => {
  const held = { '/pool/lab': { 'VM.Audit': true, 'VM.PowerMgmt': true } };
  const { ok, remedy } = missingFor('power', held, 9);
  expect(ok).toBe(false);
  expect(remedy).toContain('Now it holds only on /pool/lab.');
});

test('an account with nothing lacks everything', () => {
  for (const feature of FEATURES) expect(missingFor(feature, {}, 9).ok).toBe(false);
});
