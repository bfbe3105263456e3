import { createHash, randomBytes } from 'node:crypto';
import { chmod, chown, copyFile, mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fail } from '#shared/contract/errors';
import { codeOf } from '../../host/error-code';
import { writeWhole } from '../../host/files';
import type { Clock, Commands, DaemonSpec, Supervisor } from '../../ports';
import { Kept } from './kept';
import type { Account, SlurmFolders, SlurmMachine } from './machine';

const KEY_BYTES = 128;
const CHECK_MS = 5_000;

export const fingerprintOf = (key: Uint8Array) => createHash('sha256').update(key).digest('hex');

export type Decoded = { ok: true } | { ok: false; kind: 'key' | 'clock' | 'other'; why: string };

interface Deps {
  commands: Commands;
  supervisor: Supervisor;
  clock: Clock;
  machine: SlurmMachine;
  folders: SlurmFolders;
}

/** munge on this node: the key's file, the daemon, and whether both work. */
export class Munge {
  readonly #deps: Deps;
  readonly #daemon: Kept;

  constructor(deps: Deps) {
    this.#deps = deps;
    this.#daemon = new Kept(deps.supervisor, 'munge');
  }

  newKey(): Buffer {
    return randomBytes(KEY_BYTES);
  }

  /** null where there is none */
  async key(): Promise<Buffer | null> {
    return readFile(this.#path()).catch((error: unknown) => {
      if (codeOf(error) === 'ENOENT') return null;
      throw error;
    });
  }

  /** Puts the key in place, keeps one that was there before aside, and restarts the daemon. */
  async install(key: Uint8Array): Promise<void> {
    const account = await this.#account();
    await this.#prepare(account);
    const before = await this.key();
    const aside = `${this.#path()}.before-clusterdeck`;
    if (before !== null && !(await exists(aside))) {
      await copyFile(this.#path(), aside);
      await chmod(aside, 0o400);
    }
    await writeWhole(this.#path(), key, { mode: 0o400, owner: account });
    await this.#daemon.restart(this.#spec());
  }

  /** Keeps the daemon running. */
  async run(): Promise<void> {
    await this.#daemon.run(this.#spec(), async () => this.#prepare(await this.#account()));
  }

  /** @throws Failure SERVER_ERROR where the daemon does not encode */
  async encode(): Promise<string> {
    const { commands, clock } = this.#deps;
    const encoded = () => commands.run(['munge', '-n'], { deadlineMs: CHECK_MS });
    let { code, stdout, stderr } = await encoded();
    // one that was just started needs a moment
    for (let tries = 0; code !== 0 && tries < 10; tries += 1) {
      await clock.sleep(200);
      ({ code, stdout, stderr } = await encoded());
    }
    if (code === 0) return stdout.trim();
    throw fail(
      'SERVER_ERROR',
      { remedy: 'Look at the log of munge on this node.', detail: stderr.trim() },
      'munge does not work on this node.',
    );
  }

  /** What this node's daemon makes of a credential. */
  async decode(credential: string): Promise<Decoded> {
    const { code, stdout, stderr } = await this.#deps.commands.run(['unmunge', '-n'], {
      deadlineMs: CHECK_MS,
      input: `${credential}\n`,
    });
    if (code === 0) return { ok: true };
    const why = /(\w+ credential)/i.exec(`${stderr}\n${stdout}`)?.[1] ?? stderr.trim();
    // as munge.h numbers them: 14 is of another key, 15 expired, 16 of the future
    const kind = code === 14 ? 'key' : code === 15 || code === 16 ? 'clock' : 'other';
    return { ok: false, kind, why };
  }

  #path(): string {
    return join(this.#deps.folders.munge, 'munge.key');
  }

  #spec(): DaemonSpec {
    return {
      name: 'munge',
      argv: ['munged', '--foreground', `--key-file=${this.#path()}`],
      user: 'munge',
      stopMs: 10_000,
      mainProcessOnly: false,
    };
  }

  async #account(): Promise<Account> {
    const account = await this.#deps.machine.account('munge');
    if (account !== null) return account;
    throw fail(
      'NOT_FOUND',
      { remedy: 'Install munge on this node; its package makes the user.' },
      'This node has no user munge.',
    );
  }

  /** munged refuses folders of other owners or modes. */
  async #prepare({ uid, gid }: Account): Promise<void> {
    const { munge, mungeRun, mungeSeed, mungeLog } = this.#deps.folders;
    for (const [path, mode] of [
      [munge, 0o700],
      [mungeRun, 0o755],
      [mungeSeed, 0o711],
      [mungeLog, 0o700],
    ] as const) {
      await mkdir(path, { recursive: true });
      await chmod(path, mode);
      await chown(path, uid, gid);
    }
  }
}

const exists = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  );
