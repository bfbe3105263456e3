import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';

/** Debian packages the tests need and a file that tells whether each is there. */
const NEEDS = [
  ['age', '/usr/bin/age'],
  ['chromium', '/usr/bin/chromium'],
  ['curl', '/usr/bin/curl'],
  ['dbus', '/usr/bin/dbus-run-session'],
  ['etcd-client', '/usr/bin/etcdctl'],
  ['etcd-server', '/usr/bin/etcd'],
  ['faketime', '/usr/bin/faketime'],
  ['gnome-keyring', '/usr/bin/gnome-keyring-daemon'],
  ['iproute2', '/usr/sbin/ip'],
  ['jq', '/usr/bin/jq'],
  ['libsecret-tools', '/usr/bin/secret-tool'],
  ['munge', '/usr/sbin/munged'],
  ['python3-proxmoxer', '/usr/lib/python3/dist-packages/proxmoxer'],
  ['python3-requests', '/usr/lib/python3/dist-packages/requests'],
  ['serf', '/usr/bin/serf'],
  ['slurm-client', '/usr/bin/squeue'],
  ['slurmctld', '/usr/sbin/slurmctld'],
  ['slurmd', '/usr/sbin/slurmd'],
  ['systemd', '/usr/bin/systemd-analyze'],
];

/** Those that the lab needs; the rest serve other tests. */
export const LAB_PACKAGES = [
  'curl',
  'etcd-client',
  'etcd-server',
  'iproute2',
  'jq',
  'munge',
  'serf',
  'slurm-client',
  'slurmctld',
  'slurmd',
];

const POLICY = '/usr/sbin/policy-rc.d';
const DAEMONS = ['etcd', 'munge', 'slurmctld', 'slurmd'];

const apt = (...args) =>
  spawnSync('apt-get', args, {
    stdio: ['ignore', 2, 2],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  }).status === 0;

/** Installs without starting a daemon, now or at the next boot: the lab runs its own. */
function install(packages) {
  const ours = !existsSync(POLICY);
  if (ours) writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    apt('update', '-q');
    apt('install', '-y', '-q', '--no-install-recommends', ...packages);
  } finally {
    if (ours) rmSync(POLICY, { force: true });
  }
  if (!existsSync('/run/systemd/system')) return;
  const units = DAEMONS.filter((name) => packages.some((one) => one.startsWith(name)));
  if (units.length > 0) spawnSync('systemctl', ['disable', ...units], { stdio: ['ignore', 2, 2] });
}

/**
 * Installs what the tests need from Debian when root; otherwise names it in one line.
 * @param {readonly string[]} names of packages; default: all
 * @returns {boolean} whether everything is there
 */
export function ensureDebianPackages(names = NEEDS.map(([name]) => name)) {
  const missing = () =>
    NEEDS.filter(([name, file]) => names.includes(name) && !existsSync(file)).map(([name]) => name);
  const wanted = missing();
  if (wanted.length === 0) return true;
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    process.stderr.write(`Installing: ${wanted.join(' ')}\n`);
    install(wanted);
    if (missing().length === 0) return true;
  }
  process.stderr.write(
    `This needs: sudo apt-get install --no-install-recommends ${missing().join(' ')}\n`,
  );
  return false;
}
