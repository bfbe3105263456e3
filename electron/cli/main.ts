import { join } from 'node:path';
import { processSignal } from '#electron/browser-host/process-signal';
import { createKeyringProtector } from '#electron/core/vault/keyring';
import { version } from '../../package.json';
import { runCli } from './program';

// a reader that went away, as `| head`, is no failure of ours
process.stdout.on('error', () => process.exit(0));

// what a command waits for may be a timer that does not keep a program alive by itself
const hold = setInterval(() => undefined, 60_000);
process.exitCode = await runCli(
  process.argv.slice(2),
  {
    stdin: process.stdin,
    stdout: (text) => void process.stdout.write(text),
    stderr: (text) => void process.stderr.write(text),
    env: process.env,
    signal: processSignal(),
  },
  {
    installation: {
      version,
      rendererDir: join(import.meta.dirname, '..', 'renderer'),
      cliPath: join(import.meta.dirname, 'cli.js'),
    },
    protectors: [createKeyringProtector({ platform: process.platform })],
  },
);
clearInterval(hold);
// what a command leaves open (an idle connection, a timer) must not hold it back; output comes first
process.stdout.write('', () => process.exit());
