import { describe, expect, it } from 'vitest';
import { enrolRequest } from '#shared/contract/agents';
import { beginning, enrolInput } from '../../../renderer/features/clusteros/enrol-form';

const DEFAULTS = {
  folder: '/home/ada/enrol',
  name: 'forge',
  region: 'south',
  datacenter: 'hall-a',
  seeds: [
    { host: '10.0.0.1', port: 7946 },
    { host: 'fd00::1', port: 7946 },
  ],
};
const UUID = '0c1f7f3e-50a4-4a2c-9a53-6b1f3b9f6f10';
const KEY = 'kI8cJm0w0pZr4q1sJw7uP7Dq0gq2mJXk3l9sWq1rT0Y=';

describe('the form that enrols nodes', () => {
  it('begins with what the deck knows, and controllers for a new cluster only', () => {
    expect(beginning(DEFAULTS, null)).toMatchObject({ source: 'new', slurmController: true });
    expect(beginning(DEFAULTS, UUID)).toMatchObject({
      source: 'deck',
      uuid: UUID,
      slurmController: false,
      seeds: '10.0.0.1:7946\n[fd00::1]:7946',
    });
  });

  it('reads seeds with and without a port, IPv6 in brackets or bare', () => {
    const seeds = '10.0.0.1\nnode2.lab:7000, [fd00::2]:7001\n fd00::3 ';
    const { value } = enrolInput({ ...beginning(DEFAULTS, UUID), key: KEY, seeds });
    expect(value?.seeds).toEqual([
      { host: '10.0.0.1', port: 7946 },
      { host: 'node2.lab', port: 7000 },
      { host: 'fd00::2', port: 7001 },
      { host: 'fd00::3', port: 7946 },
    ]);
    expect(enrolRequest.safeParse(value).success).toBe(true);
  });

  it('says what is wrong at the field it is about', () => {
    const { errors } = enrolInput({
      ...beginning({ ...DEFAULTS, name: '' }, null),
      folder: ' ',
      seeds: 'http://node1',
      packageUrl: 'http://mirror/agent.deb',
      slurmController: false,
      slurmWorker: false,
    });
    expect(Object.keys(errors ?? {}).toSorted()).toEqual([
      'cluster.founder',
      'cluster.name',
      'folder',
      'packageUrl',
      'roles',
      'seeds',
    ]);
  });

  it('needs the key of a cluster that is there, and no key for a new one', () => {
    expect(enrolInput(beginning(DEFAULTS, UUID)).errors).toHaveProperty(['cluster.key']);
    const fresh = { ...beginning(DEFAULTS, null), name: 'forge', founder: 'forge-1' };
    expect(enrolInput(fresh).value?.cluster).toEqual({
      source: 'new',
      name: 'forge',
      region: 'south',
      datacenter: 'hall-a',
      founder: 'forge-1',
    });
  });
});
