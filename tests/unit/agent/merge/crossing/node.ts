import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { readConfig } from '#agent/config/read';
import { Crossing } from '#agent/crossing/crossing';
import { Kept } from '#agent/crossing/kept';
import { clusterParts } from '#agent/crossing/places';
import { systemClock } from '#agent/host/clock';
import { newEnrolmentText, parseEnrolment } from '#agent/identity/enrolment';
import type { Clock } from '#agent/ports';
import { OURS } from '#agent/roles/slurm/render';
import { KeptLog } from '#tests/support/agent';

export const OPERATION = '0b9d4e0e-6f0e-4c8e-9a36-0c1f1f0a0001';
export const KEY_MARK = 'secret of ';

/** A cluster as its enrolment file tells of it. */
export interface TestCluster {
  text: string;
  uuid: string;
  name: string;
}

export function testCluster(name: string): TestCluster {
  const text = newEnrolmentText({ name, founder: `${name}1` }, Date.now());
  return { text, name, uuid: parseEnrolment(text, name).cluster.uuid };
}

/** The files of one node as its agent finds them, on two disks. */
export class NodeFiles {
  readonly root: string;
  readonly etc: string;
  readonly jobs: string;
  readonly stopped: string[] = [];
  readonly log = new KeptLog();
  /** what stopping a daemon does beside being noted */
  onStop: (name: string) => Promise<void> = async () => undefined;

  constructor(base: { state: string; etc: string }) {
    this.root = join(base.state, 'clusterdeck');
    this.etc = base.etc;
    this.jobs = join(base.etc, 'slurmctld');
  }

  /** Everything that a worker and controller of this cluster has on its disk. */
  fill(cluster: TestCluster): void {
    this.write(join(this.etc, 'enrolment.yaml'), cluster.text);
    this.write(join(this.etc, 'munge', 'munge.key'), `${KEY_MARK}munge of ${cluster.name}`, 0o400);
    this.write(join(this.etc, 'slurm', 'slurm.conf'), `${OURS}\nClusterName=${cluster.name}\n`);
    this.write(join(this.etc, 'slurm', 'cgroup.conf'), `${OURS}\n`);
    for (const name of [
      'membership.json',
      'tokens.json',
      'samples.json',
      'operations-fence.json',
    ]) {
      this.write(join(this.root, name), `{"of":"${cluster.name}"}`);
    }
    this.write(join(this.root, 'serf', 'keyring'), `${KEY_MARK}gossip of ${cluster.name}`);
    this.write(join(this.root, 'etcd', 'data', 'member', 'wal'), `log of ${cluster.name}`);
    this.write(join(this.root, 'etcd', 'node.pem'), `${KEY_MARK}etcd of ${cluster.name}`);
    this.write(join(this.jobs, '.clusterdeck.json'), `{"of":"${cluster.name}"}`);
    this.write(join(this.jobs, 'job_state'), `jobs of ${cluster.name}`);
    this.write(join(this.jobs, 'hash.1', 'job.11', 'script'), '#!/bin/sh\n');
  }

  /** What is the node's own, whichever cluster it belongs to. */
  fillOwn(): void {
    this.write(join(this.root, 'identity', 'identity.key'), 'the node itself');
    this.write(join(this.root, 'daemons', 'slurmd.json'), '{}');
    this.write(join(this.jobs, '.clusterdeck-previous', 'old'), 'of a move');
  }

  /** Each start of the agent has one of its own. */
  async crossing(clock: Clock = systemClock, more: readonly string[] = []): Promise<Crossing> {
    const text = [
      `identity: { state_dir: ${this.root} }`,
      `cluster: { enrolment: ${join(this.etc, 'enrolment.yaml')} }`,
      'roles:',
      ...['slurm-controller: { enabled: true }', 'slurm-worker: { enabled: true }', ...more].map(
        (role) => `  ${role}`,
      ),
    ].join('\n');
    const path = join(dirname(this.root), 'node-agent.yaml');
    writeFileSync(path, text);
    const { config } = await readConfig(path, { optional: false });
    const folder = (name: string) => join(this.etc, name);
    const slurm = {
      slurm: folder('slurm'),
      munge: folder('munge'),
      mungeRun: folder('run'),
      mungeSeed: folder('seed'),
      mungeLog: folder('log'),
      slurmdSpool: folder('spool'),
    };
    const kube = { data: folder('k3s'), node: folder('rancher-node') };
    const parts = clusterParts({ config, root: this.root, slurm, kube });
    const kept = new Kept({ root: this.root, places: () => parts.places(), clock });
    const stop = async (name: string) => {
      this.stopped.push(name);
      await this.onStop(name);
    };
    return new Crossing({
      root: this.root,
      parts,
      kept,
      supervisor: { stop },
      clock,
      logger: this.log,
    });
  }

  write(path: string, text: string, mode = 0o600): void {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text, { mode });
  }

  read(...path: string[]): string | null {
    const whole = join(...path);
    return existsSync(whole) ? readFileSync(whole, 'utf8') : null;
  }

  /** Every file with its mode, but for those below `kept`. */
  all(): Record<string, string> {
    return Object.fromEntries(
      [this.root, this.etc].flatMap((base) =>
        filesIn(base)
          .filter((path) => !path.startsWith(join(this.root, 'kept')))
          .filter((path) => !path.includes('.clusterdeck-losing'))
          // of a write that was cut off
          .filter((path) => !path.endsWith('.part'))
          .map((path) => {
            const mode = (statSync(path).mode & 0o777).toString(8);
            return [path, `${mode} ${readFileSync(path, 'utf8')}`];
          }),
      ),
    );
  }

  /** All that is anywhere on this node, as one text. */
  everything(): string {
    return (
      [this.root, this.etc]
        .flatMap((base) => filesIn(base))
        // it names the clusters, and has no secret
        .filter((path) => !path.includes('crossing.json.'))
        .map((path) => readFileSync(path, 'utf8'))
        .join('\n')
    );
  }
}

function filesIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
}

/** Folders on two disks, where this machine has two: what is moved from one to the other is copied. */
export function nodeFiles(): NodeFiles {
  const [state = '', etc = ''] = ['/dev/shm', tmpdir()].map((disk) => {
    const base = existsSync(disk) ? disk : tmpdir();
    const folder = mkdtempSync(join(base, 'clusterdeck-test-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    return folder;
  });
  return new NodeFiles({ state, etc });
}
