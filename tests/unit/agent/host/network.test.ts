import type { NetworkInterfaceInfo } from 'node:os';
import { expect, test } from 'vitest';
import { parseConfig } from '#agent/config/read';
import { chooseAddress } from '#agent/host/network';

const v4 = (address: string): NetworkInterfaceInfo => ({
  address,
  family: 'IPv4',
  internal: address.startsWith('127.'),
  netmask: '255.255.255.0',
  mac: '00:00:00:00:00:00',
  cidr: null,
});
const v6 = (address: string): NetworkInterfaceInfo => ({
  address,
  family: 'IPv6',
  internal: address === '::1',
  netmask: '',
  mac: '00:00:00:00:00:00',
  cidr: null,
  scopeid: 0,
});
const MACHINE = {
  lo: [v4('127.0.0.1'), v6('::1')],
  docker0: [v4('172.17.0.1')],
  'cni-podman0': [v4('10.88.0.1')],
  eth0: [v6('fe80::1'), v6('fd00::2'), v4('169.254.3.4'), v4('10.0.0.5')],
  eth1: [v4('192.168.7.5')],
  tailscale0: [v4('100.64.0.9')],
};
const choose = (yaml: string, tailnet = '', machine: typeof MACHINE | object = MACHINE) =>
  chooseAddress(parseConfig(yaml, 'f.yaml').config, tailnet, { ...machine });

test('by itself it takes the first real address, never a bridge, a tunnel or one of a single link', () => {
  expect(choose('')).toEqual({ address: '10.0.0.5', type: 'address' });
  expect(choose('', '', { eth0: [v6('fe80::1'), v6('fd00::2')] }).address).toBe('fd00::2');
});

test('interface and address of the configuration win', () => {
  expect(choose('networking: {interface: eth1}').address).toBe('192.168.7.5');
  expect(choose('networking: {interface: docker0}').address).toBe('172.17.0.1');
  expect(choose('networking: {address: 192.168.7.5}').address).toBe('192.168.7.5');
});

test('the tailnet is taken where it is enabled and there', () => {
  expect(choose('tailscale: {enabled: true}', '100.64.0.9')).toEqual({
    address: '100.64.0.9',
    type: 'tailscale',
  });
  expect(choose('tailscale: {enabled: true}').address).toBe('10.0.0.5');
  expect(
    choose('{tailscale: {enabled: true}, networking: {type: static}}', '100.64.0.9').type,
  ).toBe('address');
});

test('what cannot be is refused with the key to set', () => {
  expect(() => choose('networking: {address: 10.9.9.9}')).toThrow('10.9.9.9 is no address');
  expect(() => choose('networking: {interface: eth7}')).toThrow('eth7 has no address');
  expect(() => choose('networking: {type: tailscale}')).toThrow('no address in a tailnet');
  expect(() => choose('', '', { lo: MACHINE.lo })).toThrow('no address that others could reach');
});
