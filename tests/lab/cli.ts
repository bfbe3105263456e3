import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { Command, CommanderError } from 'commander';
import type { LabHost } from '#tests/lab/host';
import { type Lab, missing, openLab, removeLab, startLab } from '#tests/lab/lab';
import { until } from '#tests/lab/process';
import { notReady, viewOf } from '#tests/lab/ready';
import { addTrials } from '#tests/lab/trials';

const READY_MS = 90_000;
const say = (sentence: string) => void process.stderr.write(`${sentence}\n`);

/** A mistake of the one who typed; the rest is ours. */
class LabError extends Error {}

/**
 * Runs one command line of the lab.
 * @param prepare installs and builds what the hosts need; false where that failed
 * @returns the exit code; of `exec` the command's own
 */
export async function runLabCli(
  args: readonly string[],
  prepare: () => Promise<boolean>,
): Promise<number> {
  const lack = missing();
  if (lack !== null) {
    say(lack);
    return 1;
  }
  let code = 0;
  const program = createProgram(prepare, (result) => {
    code = result;
  });
  try {
    await program.parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    say(error instanceof LabError ? error.message : String(error));
    return 1;
  }
}

function createProgram(prepare: () => Promise<boolean>, ends: (code: number) => void): Command {
  const program = new Command('lab')
    .description('Hosts with real SLURM, serf and etcd on this machine, named a1, a2, ... b1, ...')
    .option('--name <name>', "the lab's name", `u${process.env['SUDO_UID'] ?? process.getuid?.()}`)
    .enablePositionalOptions()
    .exitOverride()
    .showHelpAfterError();
  const theLab = () => {
    const lab = openLab(program.opts<{ name: string }>().name);
    if (lab?.isUp === true) return lab;
    throw new LabError('The lab is not up: start it with npm run lab -- up.');
  };
  const onHost = (name: string) => hostOf(theLab(), name);

  program
    .command('up')
    .description('start the hosts and wait until they work')
    .option('--hosts <n>', 'how many hosts in one cluster')
    .option('--clusters <list>', 'several clusters, as a=3,b=2')
    .option('--no-wait', 'return as soon as the hosts boot')
    .action(async (options: UpOptions) => {
      if (!(await prepare())) return ends(1);
      ends(await up(program.opts<{ name: string }>().name, options));
    });
  program
    .command('status')
    .description('what is up')
    .option('--json', 'as one JSON document')
    .action(async (options: { json?: boolean }) => status(theLab(), options.json === true));
  program
    .command('exec')
    .description('run a program in a host; its code is the code')
    .argument('<host>')
    .argument('<command...>')
    .passThroughOptions()
    .action(async (host: string, command: string[]) => {
      const [first, ...rest] = command;
      ends(await exec(onHost(host), first === '--' ? rest : command));
    });
  program
    .command('submit')
    .description('submit a batch script from a host; prints the id of the job')
    .argument('<host>')
    .argument('<script>', 'a file of this machine, or - for standard input')
    .action(async (host: string, script: string) => {
      const text = readFileSync(script === '-' ? 0 : script, 'utf8');
      const name = script === '-' ? 'job' : basename(script);
      process.stdout.write(`${await onHost(host).submit(text, name)}\n`);
    });
  for (const [action, description, done] of ACTIONS) {
    program
      .command(action)
      .description(description)
      .argument('<host>')
      .action(async (name: string) => {
        const host = onHost(name);
        if (action === 'poweron' && host.isOn) throw new LabError(`${name} is on already.`);
        await host[action]();
        say(`${name} ${done}.`);
      });
  }
  program
    .command('agent')
    .description('stop, start, restart or kill the agent of a host')
    .argument('<host>')
    .argument('<action>')
    .action(async (name: string, action: string) => {
      const known = AGENT_ACTIONS.find((one) => one === action);
      if (known === undefined) throw new LabError(`An agent can ${AGENT_ACTIONS.join(', ')}.`);
      await onHost(name).agent(known);
    });
  addTrials(program, prepare, ends);
  program
    .command('down')
    .description('end the lab; nothing stays')
    .action(async () => {
      const was = await removeLab(program.opts<{ name: string }>().name);
      say(was ? 'The lab is down; nothing is left of it.' : 'There is no lab.');
    });
  return program;
}

const ACTIONS = [
  ['cut', "pull a host's network cable", 'is cut off'],
  ['heal', 'plug it in again', 'is connected'],
  ['poweroff', "take a host's power away; its disk stays", 'is off'],
  ['poweron', 'switch it on again', 'boots'],
] as const;
const AGENT_ACTIONS = ['start', 'stop', 'restart', 'kill'] as const;

interface UpOptions {
  hosts?: string;
  clusters?: string;
  wait: boolean;
}

async function up(name: string, options: UpOptions): Promise<number> {
  if (openLab(name) !== null) {
    throw new LabError('A lab of this name is there already: npm run lab -- down ends it.');
  }
  const started = performance.now();
  const seconds = () => ((performance.now() - started) / 1000).toFixed(1);
  const clusters = clustersOf(options);
  const lab = await startLab({ name, clusters, stays: true, reachable: true });
  say(`${lab.hosts.length} hosts have power after ${seconds()} s.`);
  let lacking: string[] = [];
  if (options.wait) {
    lacking = await until(
      async () => ((lacking = await notReady(lab.hosts)).length === 0 ? [] : null),
      'all',
      {
        withinMs: READY_MS,
        everyMs: 300,
      },
    ).catch(() => lacking);
    say(lacking.length === 0 ? `All work after ${seconds()} s.` : lacking.join('\n'));
  }
  for (const host of lab.hosts)
    process.stdout.write(`${host.name}  ${host.address}  ${host.apiUrl}\n`);
  return lacking.length === 0 ? 0 : 1;
}

function clustersOf({ hosts, clusters }: UpOptions): Record<string, number> {
  const wish = clusters ?? `a=${hosts ?? 3}`;
  const pairs = wish.split(',').map((part): [string, number] => {
    const [, cluster = '', count = ''] = /^([a-z])=(\d{1,3})$/.exec(part.trim()) ?? [];
    if (cluster === '' || Number(count) < 1 || Number(count) > 200) {
      throw new LabError('Say how many hosts, from 1 to 200: --hosts 3, or --clusters a=3,b=2.');
    }
    return [cluster, Number(count)];
  });
  const total = pairs.reduce((sum, [, count]) => sum + count, 0);
  if (new Set(pairs.map(([cluster]) => cluster)).size < pairs.length) {
    throw new LabError('Each cluster is named once.');
  }
  if (hosts !== undefined && total !== Number(hosts)) {
    throw new LabError(`--hosts says ${hosts}, but --clusters adds up to ${total}.`);
  }
  return Object.fromEntries(pairs);
}

async function status(lab: Lab, json: boolean): Promise<void> {
  const hosts = await Promise.all(
    lab.hosts.map(async (host) => ({
      name: host.name,
      cluster: host.cluster,
      address: host.address,
      power: host.isOn ? 'on' : 'off',
      cable: host.isCut ? 'cut' : 'plugged',
      ...(await viewOf(host)),
      url: host.apiUrl,
    })),
  );
  if (json) {
    process.stdout.write(`${JSON.stringify({ name: lab.name, hosts }, null, 2)}\n`);
    return;
  }
  for (const host of hosts) {
    const agent = host.agent ? `sees ${host.alive} alive` : 'agent silent';
    const cells = [host.name, host.address.padEnd(11), host.power.padEnd(3), host.cable.padEnd(7)];
    process.stdout.write(`${[...cells, agent, host.url ?? '', ...host.problems].join('  ')}\n`);
  }
}

/** With the terminal, if there is one, so that a shell works too. */
async function exec(host: LabHost, command: readonly string[]): Promise<number> {
  const [program, ...args] = host.enter(command);
  const child = spawn(program, args, { stdio: 'inherit' });
  // Ctrl-C reaches the command by itself; this program stays to hand on its code
  for (const wish of ['SIGINT', 'SIGTERM'] as const) process.on(wish, () => child.kill(wish));
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 137;
}

function hostOf(lab: Lab, name: string): LabHost {
  try {
    return lab.host(name);
  } catch (error) {
    throw new LabError(error instanceof Error ? error.message : String(error));
  }
}
