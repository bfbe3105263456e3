import { spawn } from 'node:child_process';
import { fail } from '#shared/contract/errors';

const OPENERS: Partial<Record<NodeJS.Platform, [string, ...string[]]>> = {
  darwin: ['open'],
  // `start` is a command of cmd.exe, which would read meaning into & and ^ of an address
  win32: ['rundll32.exe', 'url.dll,FileProtocolHandler'],
};

/** Services of a lab's nodes speak plain http; their addresses come from the agents alone. */
const WEB = ['https:', 'http:'];

/**
 * Hands an address to the system's browser. Only the web without credentials passes: any other
 * scheme could start a program.
 * @throws Failure INVALID_INPUT, UNSUPPORTED when this machine has no program for it
 */
export async function openExternal(url: string): Promise<void> {
  const parsed = URL.parse(url);
  if (
    parsed === null ||
    !WEB.includes(parsed.protocol) ||
    parsed.username !== '' ||
    parsed.password !== ''
  ) {
    throw fail('INVALID_INPUT', { remedy: 'Only web addresses are opened in the browser.' });
  }
  const [command, ...args] = OPENERS[process.platform] ?? ['xdg-open'];
  const child = spawn(command, [...args, parsed.href], { stdio: 'ignore', detached: true });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', () =>
      reject(fail('UNSUPPORTED', { remedy: `Open ${parsed.href} in a browser yourself.` })),
    );
  });
  child.unref();
}
