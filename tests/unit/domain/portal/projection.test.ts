import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  accountOf,
  endpointsAfter,
  type PortalCluster,
  toChanges,
  toRecord,
  verifyAfter,
} from '#shared/domain/portal/projection';

const base: PortalCluster = {
  clusterId: 'one',
  number: 3,
  name: 'One',
  endpoints: [{ host: 'pve1', port: 8006, pin: 'AA' }],
  authKind: 'password',
  user: 'root@pam',
  tokenId: null,
  verify: 'pin',
  isActive: true,
  isDefault: false,
  allowVmDeployment: true,
  allowTemplateSync: true,
  allowIsoSync: true,
  autoShutdownEnabled: false,
  priority: 50,
  defaultStorage: null,
  templateStorage: null,
  isoStorage: 'isos',
  description: '',
  createdAt: Date.UTC(2026, 10, 21, 19, 49, 57, 949),
  updatedAt: 0,
};

test('a record has the keys of the portal and no more: no secret, no iso_storage, times in naive UTC', () => {
  const record = toRecord(base, { vmCacheTtl: 60 });
  expect(Object.keys(record).toSorted()).toEqual(
    (
      'admin_group admin_users allow_iso_sync allow_template_sync allow_vm_deployment arp_subnets ' +
      'auto_shutdown_enabled created_at db_id default_storage description enable_ip_lookup ' +
      'enable_ip_persistence host id is_active is_default name port priority qcow2_images_path ' +
      'qcow2_template_path template_storage updated_at user verify_ssl vm_cache_ttl'
    ).split(' '),
  );
  expect(record).toMatchObject({
    id: 'one',
    db_id: 3,
    description: null,
    vm_cache_ttl: 60,
    created_at: '2026-11-21T19:49:57.949000',
  });
});

test('a token goes by its id, which names its owner on the way back', () => {
  const token = { authKind: 'token', user: 'deck@pve', tokenId: 'deck@pve!desk' } as const;
  expect(toRecord({ ...base, ...token }, {}).user).toBe('deck@pve!desk');
  expect(accountOf('deck@pve!desk')).toEqual(token);
  expect(accountOf('a@b@pam')).toEqual({ authKind: 'password', user: 'a@b@pam', tokenId: null });
});

test('what verifies here is never weakened from there', () => {
  expect([verifyAfter(true, 'off'), verifyAfter(true, null)]).toEqual(['ca', 'ca']);
  expect([verifyAfter(false, 'ca'), verifyAfter(false, null)]).toEqual(['pin', 'pin']);
  expect([verifyAfter(false, 'pin'), verifyAfter(false, 'off')]).toEqual(['pin', 'off']);
});

test('another first endpoint: a known one moves up with its pin, a new one takes the first one’s place unpinned', () => {
  const [a, b] = [
    { host: 'pve1', port: 8006, pin: 'AA' },
    { host: 'pve2', port: 8006, pin: 'BB' },
  ];
  expect(endpointsAfter({ host: 'PVE1', port: 8006 }, [a, b])).toEqual([a, b]);
  expect(endpointsAfter({ host: 'pve2', port: 8006 }, [a, b])).toEqual([b, a]);
  expect(endpointsAfter({ host: 'pve9', port: 8006 }, [a, b])).toEqual([
    { host: 'pve9', port: 8006, pin: null },
    b,
  ]);
  expect(toChanges({ port: 443 }, { endpoints: [a, b], verify: 'pin' }).settings.endpoints).toEqual(
    [{ host: 'pve1', port: 443, pin: null }, b],
  );
});

test('a record taken back changes nothing, whatever the cluster is', () => {
  const storage = fc.option(fc.string({ minLength: 1, maxLength: 9 }));
  const cluster = fc.record({
    endpoints: fc.uniqueArray(
      fc.record({
        host: fc.domain(),
        port: fc.integer({ min: 1, max: 65_535 }),
        pin: fc.option(fc.string()),
      }),
      { minLength: 1, maxLength: 4, selector: ({ host, port }) => `${host}|${port}` },
    ),
    verify: fc.constantFrom('ca', 'pin', 'off'),
    isActive: fc.boolean(),
    isDefault: fc.boolean(),
    priority: fc.integer({ min: 0, max: 100 }),
    description: fc.string(),
    defaultStorage: storage,
    templateStorage: storage,
  });
  fc.assert(
    fc.property(cluster, fc.boolean(), (fields, isToken) => {
      const account = accountOf(isToken ? 'deck@pve!desk' : 'root@pam');
      const before: PortalCluster = { ...base, ...account, ...fields };
      const kept = { adminGroup: 'ops', vmCacheTtl: null, enableIpLookup: false };
      const {
        id: _id,
        db_id: _number,
        created_at: _c,
        updated_at: _u,
        ...values
      } = toRecord(before, kept);
      const changes = toChanges(values, before);
      expect({ ...before, ...changes.settings }).toEqual(before);
      expect(changes.kept).toMatchObject(kept);
    }),
  );
});
