import { spawn } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { folderOf, LABS, type LabRecord, projectFolder, writeRecord } from '#tests/lab/folder';
import { end, identify } from '#tests/lab/process';

export const initFolder = (): string => join(projectFolder(), 'tests', 'lab', 'init');

/** Makes the lab's folder with what its hosts run. The name is taken by making it. */
export function makeFolder(record: LabRecord): void {
  const folder = folderOf(record.name);
  mkdirSync(LABS, { recursive: true, mode: 0o755 });
  mkdirSync(folder, { mode: 0o755 });
  writeRecord(record);
  const programs = join(folder, 'programs');
  mkdirSync(join(folder, 'disks'));
  mkdirSync(programs);
  writeFileSync(join(programs, 'node'), '');
  const launcher = join(projectFolder(), 'build', 'packaging', 'agent', 'launcher.sh');
  copyFileSync(launcher, join(programs, 'launcher'));
  chmodSync(join(programs, 'launcher'), 0o755);
  const bundle = join(projectFolder(), 'dist', 'node', 'node-agent.js');
  if (existsSync(bundle)) copyFileSync(bundle, join(programs, 'node-agent.js'));
  const lines = record.hosts.map(({ name, address }) => `${address} ${name}`);
  writeFileSync(join(folder, 'hosts'), ['127.0.0.1 localhost', ...lines, ''].join('\n'));
}

/**
 * Starts the first process of the lab's namespaces. It is noted before it does anything, so that a
 * starter killed at any moment leaves nothing that `down` does not find.
 */
export async function startSpace(record: LabRecord): Promise<void> {
  const namespaces = '-m -n -i -p --fork --kill-child=SIGKILL --propagation private'.split(' ');
  const script = ['sh', join(initFolder(), 'space.sh'), folderOf(record.name), process.execPath];
  const inNamespaces = ['unshare', ...namespaces, ...script];
  // what belongs to a test ends with it, however the test ends
  const argv =
    record.owner === null ? inNamespaces : ['setpriv', '--pdeathsig', 'KILL', ...inNamespaces];
  const child = spawn(argv[0] ?? '', argv.slice(1), { stdio: 'pipe', detached: true });
  const errors: Buffer[] = [];
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
  const gone = new Promise<never>((_, reject) => {
    child.once('error', reject);
    child.once('exit', () =>
      reject(new Error(`The lab's namespaces did not start: ${String(Buffer.concat(errors))}`)),
    );
  });
  gone.catch(() => undefined);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const pid = await Promise.race([gone, lines.next()]);
  record.space = identify(Number(pid.value));
  if (record.space === null) return gone;
  writeRecord(record);
  child.stdin.write('\n');
  await Promise.race([gone, lines.next()]);
  child.stdin.destroy();
  child.stdout.destroy();
  child.stderr.destroy();
  child.unref();
}

/** Ends the lab and everything within, then removes its folder. */
export async function removeSpace(record: LabRecord): Promise<void> {
  if (record.space !== null) await end(record.space);
  rmSync(folderOf(record.name), { recursive: true, force: true });
}
