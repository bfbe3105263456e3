import { X509Certificate } from 'node:crypto';
import { readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { z } from 'zod';
import { fail } from '#shared/contract/errors';
import { hostPort } from '#shared/domain/host';
import { codeOf } from '../../host/error-code';
import { privateFolder, writeWhole } from '../../host/files';
import type { Clock, DaemonSpec, Logger, Supervisor } from '../../ports';
import { issueEtcdTls } from './certificates';
import type { EtcdTls } from './transport';

/** How a node was asked to become a member. */
export const invitation = z.object({
  /** uint64, decimal */
  memberId: z.string().regex(/^\d+$/),
  peerUrl: z.url(),
  /** as etcd wants it: `name=url,name=url` */
  initialCluster: z.string().min(1),
});
export type Invitation = z.infer<typeof invitation>;

/** What this node remembers of its membership; it is on the disk before etcd first runs. */
const record = z.object({
  clusterUuid: z.uuid(),
  how: z.enum(['founded', 'joined']),
  /** null: it founded, and etcd has not answered yet */
  memberId: z.string().nullable(),
  /** whether etcd answered as this member; then there are data, and they must not vanish */
  hasRun: z.boolean(),
  initialCluster: z.string(),
  /** the arguments it runs with, to see that they changed, as with the address */
  startedWith: z.array(z.string()).default([]),
});
type EtcdRecord = z.infer<typeof record>;

export interface EtcdDaemonOptions {
  supervisor: Pick<Supervisor, 'start' | 'restart' | 'stop'>;
  clock: Clock;
  logger: Logger;
  /** for its data, certificates and record; private to this node */
  folder: string;
  clusterUuid: string;
  /** derived from the cluster key */
  caSeed: Uint8Array;
  nodeId: string;
  /** of this node in the cluster's network; an IP address, since etcd binds to nothing else */
  address: string;
  clientPort: number;
  peerPort: number;
}

const UNIT = 'clusterdeck-etcd';
const STOP_MS = 20_000;
/** Slower than etcd's own, for nodes that also compute: a leader is replaced within about 4 s. */
const TIMING = ['--heartbeat-interval=200', '--election-timeout=2000', '--pre-vote'];
/** Facts change every few seconds, and their history is nobody's need. */
const UPKEEP = [
  '--auto-compaction-mode=periodic',
  '--auto-compaction-retention=10m',
  '--quota-backend-bytes=536870912',
  '--snapshot-count=10000',
];

const ASIDE = '.aside-';
/** So many old copies stay; a node may come and go often, and each takes 64 MB and more. */
const KEPT_ASIDE = 2;

/**
 * etcd on this node. Its data are never deleted at once: what belonged to another membership is set
 * aside, and only what is older than the last two of these goes. Anything doubtful is refused.
 */
export class EtcdDaemon {
  readonly #options: EtcdDaemonOptions;
  readonly clientUrl: string;
  readonly peerUrl: string;

  constructor(options: EtcdDaemonOptions) {
    this.#options = options;
    this.clientUrl = `https://${hostPort(options.address, options.clientPort)}`;
    this.peerUrl = `https://${hostPort(options.address, options.peerPort)}`;
  }

  /** What this node shows and trusts; made anew when its address changed. */
  async tls(): Promise<EtcdTls> {
    const { folder, caSeed, clusterUuid, nodeId, address } = this.#options;
    const names = [...new Set([address, '127.0.0.1', '::1', 'localhost'])];
    await privateFolder(folder);
    const fresh = await issueEtcdTls(caSeed, clusterUuid, nodeId, names);
    const kept = await this.#keptTls(fresh.ca, names);
    if (kept !== null) return kept;
    // one file for both, so that etcd never reads a key beside another certificate
    await writeWhole(join(folder, 'node.pem'), `${fresh.cert}\n${fresh.key}\n`);
    await writeWhole(join(folder, 'ca.pem'), fresh.ca);
    return fresh;
  }

  /** Whether this node is a member, also one that never ran. */
  async membership(): Promise<{ memberId: string | null } | null> {
    const known = await this.#record();
    return known === null ? null : { memberId: known.memberId };
  }

  /**
   * The first member of a new cluster; goes on where a start was cut short.
   * @throws Failure STORE_BROKEN where there are data of an unknown membership
   */
  async found(): Promise<void> {
    if (await this.resume()) return;
    if (await exists(this.#data())) throw this.#foreignData();
    const initialCluster = `${this.#options.nodeId}=${this.peerUrl}`;
    await this.#remember({
      how: 'founded',
      memberId: null,
      initialCluster,
      hasRun: false,
      startedWith: [],
    });
    await this.#start();
  }

  /** Becomes the member it was invited as; data of an earlier membership are set aside. */
  async join(asked: Invitation): Promise<void> {
    const known = await this.#record();
    if (known?.memberId === asked.memberId) {
      await this.resume();
      return;
    }
    if (known !== null) await this.retire();
    else if (await exists(this.#data())) throw this.#foreignData();
    const { memberId, initialCluster } = asked;
    await this.#remember({
      how: 'joined',
      memberId,
      initialCluster,
      hasRun: false,
      startedWith: [],
    });
    await this.#start();
  }

  /**
   * Runs the member that this node is.
   * @returns false where it is none
   * @throws Failure STORE_BROKEN when its data are gone: it must not begin anew under its old name
   */
  async resume(): Promise<boolean> {
    if ((await this.#record()) === null) return false;
    if (await this.hasLostData()) {
      const remedy =
        'Nothing to do while other nodes keep the state: this one gets a new copy. Else restore a snapshot.';
      throw fail('STORE_BROKEN', { remedy, path: this.#data() }, 'The data of the state are gone.');
    }
    await this.#start();
    return true;
  }

  /** Whether there should be data and are none: without its log a member must not vote again. */
  async hasLostData(): Promise<boolean> {
    const known = await this.#record();
    return known?.hasRun === true && !(await exists(join(this.#data(), 'member')));
  }

  /** Keeps which member etcd says it is. */
  async confirm(memberId: string): Promise<void> {
    const known = await this.#record();
    if (known === null || (known.hasRun && known.memberId === memberId)) return;
    await this.#remember({ ...known, memberId, hasRun: true });
  }

  /** After the others removed this member: stops it and sets its data aside. */
  async retire(): Promise<void> {
    await this.stop();
    const stamp = new Date(this.#options.clock.now()).toISOString().replaceAll(/[:.]/g, '-');
    for (const path of [this.#data(), this.#recordPath()]) {
      if (await exists(path)) await rename(path, `${path}${ASIDE}${stamp}`);
    }
    await this.#forgetOldest();
    this.#options.logger.info({ stamp }, 'The old data of the state were set aside.');
  }

  async stop(): Promise<void> {
    await this.#options.supervisor.stop(UNIT);
  }

  async #forgetOldest(): Promise<void> {
    const { folder } = this.#options;
    const stampOf = (name: string) => name.split(ASIDE)[1] ?? '';
    const names = (await readdir(folder)).filter((name) => name.includes(ASIDE));
    const newest = [...new Set(names.map(stampOf))].toSorted().slice(-KEPT_ASIDE);
    for (const name of names.filter((one) => !newest.includes(stampOf(one)))) {
      await rm(join(folder, name), { recursive: true, force: true });
    }
  }

  async #start(): Promise<void> {
    await this.tls();
    const known = await this.#record();
    if (known === null) return;
    const spec = this.#spec(known);
    const isSame = known.startedWith.join('\n') === spec.argv.join('\n');
    if (!isSame) await this.#remember({ ...known, startedWith: [...spec.argv] });
    const { supervisor } = this.#options;
    if (isSame) await supervisor.start(spec);
    else await supervisor.restart(spec);
  }

  #spec(known: EtcdRecord): DaemonSpec {
    const { folder, clientPort, nodeId, clusterUuid } = this.#options;
    const listen = new Set([this.clientUrl, `https://127.0.0.1:${clientPort}`]);
    const pem = join(folder, 'node.pem');
    const trust = ['', 'peer-'].flatMap((kind) => [
      `--${kind}client-cert-auth`,
      `--${kind}trusted-ca-file=${join(folder, 'ca.pem')}`,
      `--${kind}cert-file=${pem}`,
      `--${kind}key-file=${pem}`,
    ]);
    return {
      name: UNIT,
      argv: [
        'etcd',
        `--name=${nodeId}`,
        `--data-dir=${this.#data()}`,
        `--listen-client-urls=${[...listen].join(',')}`,
        `--advertise-client-urls=${this.clientUrl}`,
        `--listen-peer-urls=${this.peerUrl}`,
        `--initial-advertise-peer-urls=${this.peerUrl}`,
        `--initial-cluster=${known.initialCluster}`,
        `--initial-cluster-state=${known.how === 'founded' ? 'new' : 'existing'}`,
        `--initial-cluster-token=${clusterUuid}`,
        ...trust,
        ...TIMING,
        ...UPKEEP,
        '--logger=zap',
        '--log-level=warn',
      ],
      // etcd 3.4 asks for that before it runs on ARM
      env: process.arch === 'arm64' ? { ETCD_UNSUPPORTED_ARCH: 'arm64' } : {},
      cwd: folder,
      stopMs: STOP_MS,
      mainProcessOnly: false,
    };
  }

  async #keptTls(ca: string, names: readonly string[]): Promise<EtcdTls | null> {
    try {
      const pem = await readFile(join(this.#options.folder, 'node.pem'), 'utf8');
      await stat(join(this.#options.folder, 'ca.pem'));
      const cert = new X509Certificate(pem);
      const isOurs = cert.verify(new X509Certificate(ca).publicKey);
      const isFor = (name: string) =>
        isIP(name) === 0 ? cert.checkHost(name) !== undefined : cert.checkIP(name) !== undefined;
      if (!isOurs || !names.every(isFor)) return null;
      return { ca, cert: pem, key: pem.slice(pem.indexOf('-----BEGIN PRIVATE KEY-----')) };
    } catch {
      // none yet, or damaged: a new one costs nothing
      return null;
    }
  }

  async #record(): Promise<EtcdRecord | null> {
    const text = await readFile(this.#recordPath(), 'utf8').catch(() => null);
    if (text === null) return null;
    const known = record.safeParse(parseJson(text));
    if (!known.success || known.data.clusterUuid !== this.#options.clusterUuid) {
      throw this.#foreignData();
    }
    return known.data;
  }

  async #remember(known: Omit<EtcdRecord, 'clusterUuid'>): Promise<void> {
    const whole: EtcdRecord = { ...known, clusterUuid: this.#options.clusterUuid };
    await privateFolder(this.#options.folder);
    await writeWhole(this.#recordPath(), `${JSON.stringify(whole, null, 2)}\n`);
  }

  #foreignData() {
    const { folder } = this.#options;
    return fail(
      'STORE_BROKEN',
      { remedy: `If they are of no use any more, move ${folder} away.`, path: folder },
      'There are data of etcd here that do not belong to this cluster.',
    );
  }

  #data(): string {
    return join(this.#options.folder, 'data');
  }

  #recordPath(): string {
    return join(this.#options.folder, 'membership.json');
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
}
