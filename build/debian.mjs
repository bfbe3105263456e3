import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** Debian packages the tests need and a file that tells whether each is there. */
const NEEDS = [
  ['age', '/usr/bin/age'],
  ['chromium', '/usr/bin/chromium'],
  ['dbus', '/usr/bin/dbus-run-session'],
  ['gnome-keyring', '/usr/bin/gnome-keyring-daemon'],
  ['libsecret-tools', '/usr/bin/secret-tool'],
  ['python3-proxmoxer', '/usr/lib/python3/dist-packages/proxmoxer'],
  ['python3-requests', '/usr/lib/python3/dist-packages/requests'],
];

const apt = (...args) =>
  spawnSync('apt-get', args, {
    stdio: ['ignore', 2, 2],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  }).status === 0;

/**
 * Installs what the tests need from Debian when root; otherwise names it in one line.
 * @returns {boolean} whether everything is there
 */
export function ensureDebianPackages() {
  const missing = () => NEEDS.filter(([, file]) => !existsSync(file)).map(([name]) => name);
  const wanted = missing();
  if (wanted.length === 0) return true;
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    process.stderr.write(`Installing for the tests: ${wanted.join(' ')}\n`);
    apt('update', '-q');
    apt('install', '-y', '-q', '--no-install-recommends', ...wanted);
    if (missing().length === 0) return true;
  }
  process.stderr.write(
    `The tests need: sudo apt-get install --no-install-recommends ${missing().join(' ')}\n`,
  );
  return false;
}
