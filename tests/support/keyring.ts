import { execFile, execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { tempFolder } from './temp-folder';

const run = promisify(execFile);
const PASSWORD = 'keyring password';

/** A session bus with a real gnome-keyring on it, in a home of its own. */
export interface Keyring {
  /** what a program needs in its environment to use it */
  env: NodeJS.ProcessEnv;
  lock(): Promise<void>;
  /** as PAM does it at login, with no prompt */
  unlock(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts dbus-daemon and gnome-keyring-daemon; Debian packages dbus and gnome-keyring. */
export async function startKeyring(): Promise<Keyring> {
  const { path: home, remove } = tempFolder();
  const runtime = join(home, 'run');
  mkdirSync(runtime, { mode: 0o700 });
  chmodSync(runtime, 0o700);
  const base = { PATH: process.env.PATH, HOME: home, XDG_RUNTIME_DIR: runtime, LANG: 'C.UTF-8' };
  const [address = '', busPid = ''] = execFileSync(
    'dbus-daemon',
    ['--session', '--fork', '--print-address=1', '--print-pid=1'],
    { env: base, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
  )
    .trim()
    .split('\n');
  const env = { ...base, DBUS_SESSION_BUS_ADDRESS: address };
  execFileSync('gnome-keyring-daemon', ['--unlock', '--components=secrets'], {
    env,
    input: PASSWORD,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  return {
    env,
    async lock() {
      await run(
        'dbus-send',
        [
          '--session',
          '--print-reply',
          '--dest=org.freedesktop.secrets',
          '/org/freedesktop/secrets',
          'org.freedesktop.Secret.Service.Lock',
          'array:objpath:/org/freedesktop/secrets/collection/login',
        ],
        { env },
      );
    },
    unlock: () => unlockThroughControl(join(runtime, 'keyring', 'control')),
    async stop() {
      // the keyring ends with its bus
      process.kill(Number(busPid), 'SIGTERM');
      remove();
    },
  };
}

/** gnome-keyring's control socket: a credentials byte, then length, operation 1 (unlock), password. */
function unlockThroughControl(path: string): Promise<void> {
  const password = Buffer.from(PASSWORD);
  const packet = Buffer.alloc(12 + password.length);
  packet.writeUInt32BE(packet.length, 0);
  packet.writeUInt32BE(1, 4);
  packet.writeUInt32BE(password.length, 8);
  password.copy(packet, 12);
  return new Promise((resolve, reject) => {
    const socket = connect(path, () => {
      socket.write(Buffer.of(0));
      socket.write(packet);
    });
    socket.on('error', reject);
    socket.on('data', (reply: Buffer) => {
      socket.end();
      if (reply.readUInt32BE(4) === 0) resolve();
      else reject(new Error('the keyring was not unlocked'));
    });
  });
}
