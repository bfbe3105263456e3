import { stat } from 'node:fs/promises';
import { Failure, fail } from '#shared/contract/errors';
import { privateFolder } from '../../host/files';
import type { Commands } from '../../ports';
import { exists } from './joining';
import type { KubePlaces } from './places';

export interface EtcdOfKubeMember {
  /** in hex */
  id: string;
  /** etcd's own name of it, which k3s writes onto its node */
  name: string;
  isLearner: boolean;
  isLeader: boolean;
  isAnswering: boolean;
}

interface Deps {
  commands: Pick<Commands, 'run'>;
  places: KubePlaces;
  log(line: string): void;
  signal: AbortSignal;
}

const LOOK_MS = 8_000;
const MOVE_MS = 8_000;
const SNAPSHOT_MS = 120_000;

/**
 * The etcd of k3s, asked by its own client on a server: k3s offers no gateway for anything else.
 * Lines of etcdctl 3.4 to 3.6 in its format `simple`.
 */
export class EtcdOfKube {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Whether this server keeps its data in it. */
  isThere(): Promise<boolean> {
    return exists(this.#deps.places.etcdData);
  }

  /** @throws Failure NOT_FOUND where etcdctl is not installed, SERVER_ERROR */
  async members(): Promise<EtcdOfKubeMember[]> {
    const listed = rows(await this.#must('member', 'list'));
    // it tells of those that answer, and ends with 1 where any does not
    const { stdout } = await this.#run('endpoint', 'status', '--cluster');
    const answering = new Map(rows(stdout).map(([, id = '', , , leads]) => [id, leads === 'true']));
    return listed.map(([id = '', , name = '', , , isLearner]) => ({
      id,
      name,
      isLearner: isLearner === 'true',
      isLeader: answering.get(id) ?? false,
      isAnswering: answering.has(id),
    }));
  }

  /** Only the leader can hand its lead on: to be asked there. @param id in hex */
  async moveLead(id: string): Promise<void> {
    await this.#must('move-leader', id);
  }

  /** The snapshot of an operation; null where there is none, or it is not whole. */
  async snapshotOf(operation: string): Promise<{ path: string; bytes: number } | null> {
    const path = this.#snapshotPath(operation);
    if (!(await exists(path))) return null;
    const { code } = await this.#run('snapshot', 'status', path);
    return code === 0 ? { path, bytes: (await stat(path)).size } : null;
  }

  /** Writes one and proves its checksum. @throws Failure SERVER_ERROR | STORE_FULL */
  async snapshot(operation: string): Promise<{ path: string; bytes: number }> {
    const before = await this.snapshotOf(operation);
    if (before !== null) return before;
    await privateFolder(this.#deps.places.snapshots);
    await this.#must('snapshot', 'save', this.#snapshotPath(operation));
    const made = await this.snapshotOf(operation);
    if (made !== null) return made;
    const remedy = 'Look at the disk of this node, then try again.';
    throw fail('SERVER_ERROR', { remedy }, 'The snapshot of k3s is not whole.');
  }

  #snapshotPath(operation: string): string {
    return `${this.#deps.places.snapshots}/clusterdeck-${operation}`;
  }

  async #must(...words: string[]): Promise<string> {
    const result = await this.#run(...words);
    if (result.code === 0) return result.stdout;
    const said = complaint(result.stderr);
    const code = /no space left/i.test(said) ? 'STORE_FULL' : 'SERVER_ERROR';
    const remedy = 'Look at the log of k3s on this node.';
    throw fail(code, { remedy, detail: said }, `The etcd of k3s refused it: ${said}.`);
  }

  async #run(...words: string[]) {
    const { commands, places, log, signal } = this.#deps;
    const { endpoint, ca, cert, key } = places.etcd;
    const isSave = words[0] === 'snapshot';
    log(`etcdctl ${words.join(' ')}`);
    try {
      const result = await commands.run(
        [
          'etcdctl',
          `--endpoints=${endpoint}`,
          `--cacert=${ca}`,
          `--cert=${cert}`,
          `--key=${key}`,
          `--command-timeout=${isSave ? '110s' : '3s'}`,
          ...words,
        ],
        {
          deadlineMs: isSave ? SNAPSHOT_MS : words[0] === 'move-leader' ? MOVE_MS : LOOK_MS,
          env: { ETCDCTL_API: '3' },
          signal,
        },
      );
      for (const line of result.stdout.split('\n')) if (line !== '') log(line);
      return result;
    } catch (error) {
      if (!(error instanceof Failure) || error.code !== 'NOT_FOUND') throw error;
      const remedy = 'Install etcdctl on the k3s servers, as with "apt install etcd-client".';
      throw fail('NOT_FOUND', { remedy }, 'etcdctl is not installed on this node.');
    }
  }
}

/** `a, b, c` by line. */
const rows = (text: string): string[][] =>
  text
    .split('\n')
    .filter((line) => line.includes(','))
    .map((line) => line.split(',').map((field) => field.trim()));

/** etcdctl logs in JSON, and says last what went wrong. */
const complaint = (stderr: string): string =>
  stderr
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('{'))
    .at(-1)
    ?.replace(/^Error:\s*/, '')
    .replace(/\.$/, '') ?? 'it gave no reason';
