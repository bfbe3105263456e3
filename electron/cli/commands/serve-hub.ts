import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { portNumber } from '#electron/browser-host/numbers';
import { readPrivateLine } from '#electron/browser-host/ports/passphrase-file';
import { UsageError } from '#electron/browser-host/usage-error';
import { ADMIN_USER } from '#electron/core/hub/gate';
import type { Hub } from '#electron/core/hub/hub';
import { makeToken } from '#electron/core/hub/identity';
import { fail } from '#shared/contract/errors';
import { runHub } from '../hub-host';
import type { CommandContext, ExitCode } from './context';
import { type HostOptions, runServe } from './serve';

interface ServeOptions extends HostOptions {
  hub?: boolean;
  listen?: string;
  hubTokenFile?: string;
  hubNewToken?: boolean;
}

const MIN_TOKEN_CHARS = 20;

/** Serves the deck, or a hub in its place, until the program is ended. */
export async function serve(options: ServeOptions, context: CommandContext): Promise<ExitCode> {
  if (options.hub === true) return serveHub(options, context);
  const { listen, hubTokenFile, hubNewToken } = options;
  if ([listen, hubTokenFile, hubNewToken].some((option) => option !== undefined)) {
    throw new UsageError('--listen, --hub-token-file and --hub-new-token go with --hub.');
  }
  return runServe(options, context);
}

async function serveHub(options: ServeOptions, context: CommandContext): Promise<ExitCode> {
  const { listen, hubTokenFile: file, hubNewToken: renewToken = false } = options;
  const port = portNumber(options.port);
  if (file !== undefined && renewToken && existsSync(file)) {
    throw new UsageError('--hub-new-token writes a new file: name one that does not exist yet.');
  }
  const token = file === undefined ? undefined : await tokenIn(file);
  const paths = context.paths();
  const surroundings = { paths, program: context.program, io: context.io };
  await runHub({ port, listen, token, renewToken }, surroundings, (hub) =>
    tell(hub, file ?? null, paths.dataDir, context),
  );
  return 0;
}

/** The token of the file; a file that is not there yet is made with a new one. */
async function tokenIn(file: string): Promise<string> {
  if (existsSync(file)) {
    return readPrivateLine(file, {
      what: 'token',
      minChars: MIN_TOKEN_CHARS,
      code: 'INVALID_INPUT',
    });
  }
  const token = makeToken();
  try {
    await writeFile(file, `${token}\n`, { mode: 0o600, flag: 'wx' });
  } catch {
    const remedy = 'Name a file in a folder that exists and that you may write to.';
    throw fail('INVALID_INPUT', { remedy }, `The token file ${file} cannot be written.`);
  }
  return token;
}

function tell(hub: Hub, file: string | null, dataDir: string, { out }: CommandContext): void {
  const { url, port, fingerprint, newToken, isNewCertificate } = hub;
  out.result(
    {
      ok: true,
      hub: true,
      url,
      port,
      fingerprint,
      new_certificate: isNewCertificate,
      user: ADMIN_USER,
      admin_token: newToken,
      token_file: file,
      pid: process.pid,
      data: dataDir,
    },
    () =>
      [
        `The hub serves ${url}`,
        `Certificate   ${fingerprint}${isNewCertificate ? ' (new: pin it)' : ''}`,
        tokenSentence(newToken, file),
        'Add it as a remote with this address, the certificate and the token.',
      ].join('\n'),
  );
}

function tokenSentence(newToken: string | null, file: string | null): string {
  if (newToken !== null) return `Admin token   ${newToken}\nIt is shown this once; keep it safe.`;
  if (file !== null) return `Admin token   in ${file}`;
  return 'Admin token   as it was shown before; --hub-new-token makes another';
}
