import { describe, expect, it } from 'vitest';
import type { Cluster } from '#shared/contract/clusters';
import { freeClusterId, idFromName } from '../../../renderer/features/clusters/cluster-id';
import { splitAddress } from '../../../renderer/features/edit/address';
import {
  changesOf,
  formOf,
  NEW_CLUSTER,
  ofKind,
  parseCluster,
  parseDraft,
} from '../../../renderer/features/edit/cluster-form';

const valid = {
  ...NEW_CLUSTER,
  clusterId: 'lab',
  name: 'Lab',
  endpoints: [{ key: 'a', host: 'pve1', port: '8006', pin: '' }],
};

describe('the form of a cluster', () => {
  it('makes of untouched fields what the contract takes', () => {
    expect(parseCluster(valid).value).toMatchObject({
      clusterId: 'lab',
      endpoints: [{ host: 'pve1', port: 8006, pin: null }],
      tokenId: null,
      priority: 50,
      defaultStorage: null,
      groupUuid: null,
    });
    expect(parseCluster(valid).value).not.toHaveProperty('secret');
  });

  it('names each wrong field by its path, with the contract’s own sentence', () => {
    const { errors } = parseCluster({
      ...valid,
      name: ' ',
      priority: '1o0',
      endpoints: [{ key: 'a', host: 'https://pve1', port: '0', pin: 'AB' }],
    });
    expect(Object.keys(errors ?? {}).sort()).toEqual([
      'endpoints.0.host',
      'endpoints.0.pin',
      'endpoints.0.port',
      'name',
      'priority',
    ]);
    expect(errors?.['endpoints.0.port']).toBe('Ports go from 1 to 65535.');
  });

  it('takes the account out of a token id, and leaves the token out with a password', () => {
    const token = { ...valid, authKind: 'token' as const, tokenId: 'deck@pve!desk', secret: 's' };
    expect(parseDraft(token).value).toMatchObject({ user: 'deck@pve', tokenId: 'deck@pve!desk' });
    expect(parseDraft({ ...token, authKind: 'password' }).value).toMatchObject({
      user: 'root@pam',
      tokenId: null,
    });
    expect(parseCluster({ ...token, tokenId: '' }).errors).toHaveProperty('tokenId');
  });

  it('writes only what differs from the stored cluster, and a secret only when typed', () => {
    const parsed = parseCluster(valid).value;
    if (parsed === null) throw new Error('the form is valid');
    const stored: Cluster = {
      ...parsed,
      uuid: '0b9d4e0e-6f0e-4c8e-9a36-0c1f1f0a0001',
      number: 1,
      hasSecret: true,
      createdAt: 0,
      updatedAt: 0,
      revision: 4,
    };
    const again = parseCluster(formOf(stored)).value;
    expect(again && changesOf(stored, again)).toEqual({});
    const edited = parseCluster({ ...formOf(stored), priority: '80', secret: 'new' }).value;
    expect(edited && changesOf(stored, edited)).toEqual({ priority: 80, secret: 'new' });
  });
});

describe('an address as it is pasted', () => {
  it.each([
    ['pve1.lab', 'pve1.lab', null],
    [' pve1:8007 ', 'pve1', '8007'],
    ['https://pve1.lab:8006/#v1:0:18', 'pve1.lab', '8006'],
    ['https://pve.example.org/', 'pve.example.org', '443'],
    ['[fd00::1]:8006', 'fd00::1', '8006'],
    ['fd00::1', 'fd00::1', null],
    ['https://user@host/', 'https://user@host/', null],
    ['two words', 'two words', null],
  ])('%s', (text, host, port) => {
    expect(splitAddress(text)).toEqual({ host, port });
  });
});

describe('ids of clusters', () => {
  it.each([
    ['Main campus', 'main-campus'],
    ['  Räume & Labs!  ', 'raume-labs'],
    ['日本', ''],
    [`${'x'.repeat(60)}`, 'x'.repeat(50)],
  ])('%s becomes %s', (name, id) => {
    expect(idFromName(name)).toBe(id);
  });

  it('finds the next free one, no longer than an id may be', () => {
    expect(freeClusterId('lab', ['lab', 'lab-2'])).toBe('lab-3');
    expect(freeClusterId('y'.repeat(50), [])).toHaveLength(50);
  });
});

describe('the form of a ClusterOS cluster', () => {
  const agents = { ...valid, ...ofKind(valid, 'clusteros') };

  it('takes the usual port of the kind along, and leaves one of its own alone', () => {
    expect(agents.endpoints[0]?.port).toBe('9090');
    const own = { ...valid, endpoints: [{ key: 'a', host: 'n1', port: '8443', pin: '' }] };
    expect(ofKind(own, 'clusteros').endpoints?.[0]?.port).toBe('8443');
    expect(ofKind(agents, 'proxmox')).toMatchObject({ authKind: 'password', secret: '' });
  });

  it('sends a token and nothing that only Proxmox has', () => {
    const form = { ...agents, user: 'root@pam', tokenId: 'x@pve!y', secret: 'cdk_a_b' };
    expect(parseCluster(form).value).toMatchObject({
      kind: 'clusteros',
      authKind: 'token',
      user: '',
      tokenId: null,
      secret: 'cdk_a_b',
    });
    expect(parseDraft(form).value).toMatchObject({ kind: 'clusteros', user: '', tokenId: null });
  });
});
