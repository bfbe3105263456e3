import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '#agent/host/clock';
import { createTailscale } from '#agent/membership/tailscale';
import type { CommandResult, Commands } from '#agent/ports';
import { fail } from '#shared/contract/errors';

const silent = { debug() {}, info() {}, warn() {}, error() {} };

function started(...answers: (string | Error)[]) {
  const asked: string[] = [];
  const commands: Commands = {
    async run(argv): Promise<CommandResult> {
      asked.push(argv.join(' '));
      const next = answers.length > 1 ? answers.shift() : answers[0];
      if (next instanceof Error) throw next;
      return { code: 0, stdout: next ?? '', stderr: '' };
    },
  };
  const clock = {
    ...systemClock,
    sleep: (_ms: number, signal?: AbortSignal) => systemClock.sleep(1, signal),
  };
  const slow = {
    ...systemClock,
    sleep: (_ms: number, signal?: AbortSignal) => systemClock.sleep(3_600_000, signal),
  };
  const make = (enabled: boolean, quick = false) => {
    const tailscale = createTailscale(enabled, {
      commands,
      clock: quick ? clock : slow,
      logger: silent,
    });
    onTestFinished(() => tailscale.close());
    return tailscale;
  };
  return { make, asked };
}

const running = JSON.stringify({
  BackendState: 'Running',
  TailscaleIPs: ['fd7a:115c:a1e0::1', '100.64.0.1'],
  Peer: {
    'nodekey:1': {
      HostName: 'a2',
      TailscaleIPs: ['100.64.0.2', 'fd7a:115c:a1e0::2'],
      Online: true,
    },
    'nodekey:2': { HostName: 'phone', TailscaleIPs: ['100.64.0.3'], Online: false },
    'nodekey:3': { HostName: 'shared', TailscaleIPs: null, Online: true },
  },
});
const stopped = JSON.stringify({ BackendState: 'Stopped', TailscaleIPs: null });
const loggedOut = JSON.stringify({ BackendState: 'NeedsLogin', AuthURL: '' });

test('a tailnet is read: own IPv4 address, and the peers that are online', async () => {
  const { make, asked } = started(running);
  const tailscale = make(true);
  expect(await tailscale.look()).toEqual({
    enabled: true,
    connected: true,
    ip: '100.64.0.1',
    peers: ['100.64.0.2'],
    message: '',
  });
  expect(asked).toEqual(['tailscale status --json']);
});

test('switched off in the configuration, nothing is ever run', async () => {
  const { make, asked } = started(running);
  const tailscale = make(false);
  expect((await tailscale.look()).enabled).toBe(false);
  expect(await tailscale.waitForAddress(1_000, () => {}, AbortSignal.timeout(5_000))).toBeNull();
  expect(asked).toEqual([]);
});

test('it waits for the address, says each reason once, and takes it when it comes', async () => {
  const { make } = started(loggedOut, loggedOut, stopped, running);
  const said: string[] = [];
  const found = await make(true, true).waitForAddress(
    60_000,
    (message) => said.push(message),
    AbortSignal.timeout(10_000),
  );
  expect(found).toBe('100.64.0.1');
  expect(new Set(said).size).toBe(said.length);
});

test('it gives up after its bound', async () => {
  const { make } = started(stopped);
  const said: string[] = [];
  const found = await make(true, true).waitForAddress(
    20,
    (message) => said.push(message),
    AbortSignal.timeout(10_000),
  );
  expect(found).toBeNull();
  expect(said).toEqual(['tailscale is switched off: run tailscale up.']);
});

test.each([
  ['not installed', fail('NOT_FOUND', { remedy: '' }), 'not installed'],
  ['hung', fail('TIMEOUT', { remedy: '' }), 'did not answer'],
  ['garbage', 'Segmentation fault', 'understood'],
  [
    'an address that is none',
    running.replaceAll('100.64.0.1', 'nonsense').replace('fd7a:115c:a1e0::1', '?'),
    'no address',
  ],
])('%s is told in a sentence', async (_case, answer, words) => {
  const { make } = started(answer);
  const view = await make(true).look();
  expect(view).toMatchObject({ enabled: true, connected: false, ip: '', peers: [] });
  expect(view.message).toContain(words);
});
