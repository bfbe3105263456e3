import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { folderOf, type HostRecord, type LabRecord, writeRecord } from '#tests/lab/folder';
import { end, identify, isRunning, must, type Result, run } from '#tests/lab/process';
import { initFolder } from '#tests/lab/space';

const ETCD_FILES = '/var/lib/clusterdeck/etcd';
const ENVIRONMENT = [
  'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  'HOME=/root',
  'LANG=C.UTF-8',
  'ETCDCTL_API=3',
  `ETCDCTL_CACERT=${ETCD_FILES}/ca.pem`,
  `ETCDCTL_CERT=${ETCD_FILES}/node.pem`,
  `ETCDCTL_KEY=${ETCD_FILES}/node.pem`,
];

export interface HttpAnswer {
  status: number;
  /** parsed where it is JSON */
  body: unknown;
}

/** One host of a lab: its own names, processes, file system and network, on the machine's kernel. */
export class LabHost {
  readonly #lab: LabRecord;
  readonly #record: HostRecord;

  constructor(lab: LabRecord, record: HostRecord) {
    this.#lab = lab;
    this.#record = record;
  }

  get name(): string {
    return this.#record.name;
  }
  get cluster(): string {
    return this.#record.cluster;
  }
  get address(): string {
    return this.#record.address;
  }
  get isOn(): boolean {
    return this.#record.init !== null && isRunning(this.#record.init);
  }
  get isCut(): boolean {
    return this.#record.cut;
  }
  /** `https://127.0.0.1:PORT` on the machine, which leads to this host's API. */
  get apiUrl(): string | null {
    const { apiPort } = this.#record;
    return apiPort === null ? null : `https://127.0.0.1:${apiPort}`;
  }

  /** The command line that runs a program in the host, with an empty environment but for PATH. */
  enter(command: readonly string[]): [string, ...string[]] {
    const { init } = this.#record;
    if (init === null || !this.isOn) throw new Error(`${this.name} is switched off.`);
    const terminal = process.env['TERM'];
    const environment = [...ENVIRONMENT, ...(terminal === undefined ? [] : [`TERM=${terminal}`])];
    const inside = ['setpriv', '--pdeathsig', 'KILL', 'env', '-i', '-C', '/root', ...environment];
    return enterNamespaces(init.pid, ['-m', '-u', '-i', '-n', '-p'], [...inside, ...command]);
  }

  /** Runs a program in the host to its end, whatever its code. */
  exec(
    command: readonly string[],
    options: { input?: string | undefined; deadlineMs?: number } = {},
  ): Promise<Result> {
    return run(this.enter(command), options);
  }

  /** @returns what the program printed; @throws Error where its code is not 0 */
  async must(
    command: readonly string[],
    options: { input?: string; deadlineMs?: number } = {},
  ): Promise<string> {
    return must(this.enter(command), options);
  }

  /** Runs a line of shell in the host. @throws Error where its code is not 0 */
  sh(line: string): Promise<string> {
    return this.must(['sh', '-c', line]);
  }

  /** Writes a file in the host, with its folder. @param mode as `0600` */
  async write(path: string, text: string, mode = '0644'): Promise<void> {
    await this.must(
      [
        'sh',
        '-c',
        'umask 077 && mkdir -p "${1%/*}" && cat >"$1" && chmod "$2" "$1"',
        'sh',
        path,
        mode,
      ],
      {
        input: text,
      },
    );
  }

  /** Asks the agent from within the host, as curl there does. @param path as `/api/v1/status` */
  async api(path: string, { method = 'GET', deadlineMs = 5_000 } = {}): Promise<HttpAnswer> {
    const wish = ['-X', method, '--max-time', String(deadlineMs / 1000), '-w', '\n%{http_code}'];
    const text = await this.must(['curl', '-sS', ...wish, `http://localhost:9090${path}`]);
    const end = text.lastIndexOf('\n');
    const body = text.slice(0, end);
    let parsed: unknown = body;
    try {
      parsed = JSON.parse(body);
    } catch {
      // metrics and refusals of the parser are plain text
    }
    return { status: Number(text.slice(end + 1)), body: parsed };
  }

  /**
   * Submits a script's text, from the folder that all hosts share. @param name of job and file
   * @returns the job's id
   */
  async submit(script: string, name = 'job', options: readonly string[] = []): Promise<string> {
    const line = 'cd /shared && cat >"$1" && shift && exec sbatch --parsable "$@"';
    const command = ['sh', '-c', line, 'sh', name, ...options, name];
    return (await this.must(command, { input: script })).trim();
  }

  /** What systemd would do to the agent: it ends before this returns; `start` only allows it. */
  async agent(action: 'start' | 'stop' | 'kill' | 'restart'): Promise<void> {
    await this.must(['lab-agent', action], { deadlineMs: 60_000 });
  }

  /**
   * Restarts its agent by another clock, which what it starts from then on has too.
   * @param offset as `+90s` or `+20h`; null: by the machine's
   */
  async clock(offset: string | null): Promise<void> {
    const lines =
      offset === null
        ? ''
        : `export LD_PRELOAD=$(ls /usr/lib/*/faketime/libfaketime.so.1) FAKETIME=${offset} DONT_FAKE_MONOTONIC=1\n`;
    await this.write('/etc/lab-environment', lines);
    await this.agent('restart');
  }

  /** Pulls the cable out. */
  async cut(): Promise<void> {
    await this.#cable('down');
  }

  async heal(): Promise<void> {
    await this.#cable('up');
  }

  async #cable(state: 'up' | 'down'): Promise<void> {
    await must(this.#inSpace(['ip', 'link', 'set', `to-${this.name}`, state]));
    this.#record.cut = state === 'down';
    writeRecord(this.#lab);
  }

  /** Takes the power away: nothing in the host is asked or told. Its disk stays. */
  async poweroff(): Promise<void> {
    const { init } = this.#record;
    if (init === null) return;
    await end(init);
    // the kernel takes a while to remove a dead host's network, and the port must be free at once
    await run(this.#inSpace(['ip', 'link', 'delete', `to-${this.name}`]));
    this.#record.init = null;
    writeRecord(this.#lab);
  }

  /** Switches it on and returns when it boots. */
  async poweron(): Promise<void> {
    if (this.isOn) throw new Error(`${this.name} is switched on already.`);
    const folder = folderOf(this.#lab.name);
    const console = openSync(join(folder, `${this.name}.console`), 'a');
    const scripts = initFolder();
    const where = [scripts, folder, this.name, this.address, this.cluster, this.#lab.diskSize];
    const argv = this.#inSpace(['sh', join(scripts, 'power.sh'), ...where], ['-m', '-i', '-p']);
    const child = spawn(argv[0], argv.slice(1), {
      stdio: ['pipe', 'pipe', console],
      detached: true,
    });
    closeSync(console);
    const { stdin, stdout } = child;
    if (stdin === null || stdout === null) throw new Error('The host has no console.');
    const gone = new Promise<never>((_, reject) => {
      const where = join(folder, `${this.name}.console`);
      child.once('error', reject);
      child.once('exit', () => reject(new Error(`${this.name} did not start; see ${where}`)));
    });
    gone.catch(() => undefined);
    const lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
    const pid = Number((await Promise.race([gone, lines.next()])).value);
    const init = identify(pid);
    if (init === null) return gone;
    try {
      const cable = ['type', 'veth', 'peer', 'name', 'eth0', 'netns', String(pid)];
      const port = ['ip', 'link', 'add', `to-${this.name}`, 'up', 'master', 'lab0'];
      await must(this.#inSpace([...port, ...cable]));
      stdin.write('\n');
      const { value } = await Promise.race([gone, lines.next()]);
      if (value !== 'booted') return await gone;
    } catch (error) {
      await end(init);
      throw error;
    }
    // not before it has a file system of its own: what enters it earlier is in the machine's
    this.#record.init = init;
    this.#record.cut = false;
    writeRecord(this.#lab);
    for (const stream of [stdin, stdout]) stream.destroy();
    child.unref();
  }

  #inSpace(command: readonly string[], namespaces = ['-n']): [string, ...string[]] {
    const { space } = this.#lab;
    if (space === null) throw new Error('The lab is not up.');
    return enterNamespaces(space.pid, namespaces, command);
  }
}

const enterNamespaces = (
  pid: number,
  namespaces: readonly string[],
  command: readonly string[],
): [string, ...string[]] => ['nsenter', '-t', String(pid), ...namespaces, '--', ...command];
