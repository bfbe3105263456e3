import { Failure } from '#shared/contract/errors';
import type { AgentConfig } from '../../config/schema';
import { bad, type Check, type Finding, ok, type Surroundings } from './finding';

const ASK_MS = 10_000;

interface Program {
  /** asked for its version, except where only its being there counts */
  argv: readonly [string, ...string[]];
  /** of Debian, where it differs from the program */
  from: string;
  why: string;
}

/** What a configuration needs, with the words to install it by. */
function neededBy({ roles, state }: AgentConfig): Program[] {
  const usesSlurm = roles['slurm-controller'].enabled || roles['slurm-worker'].enabled;
  const programs: [boolean, Program][] = [
    [true, { argv: ['serf', 'version'], from: 'serf', why: 'members find each other by it' }],
    [
      state.kind === 'etcd' && roles.voter,
      { argv: ['etcd', '--version'], from: 'etcd-server', why: 'it keeps the shared state' },
    ],
    [usesSlurm, { argv: ['munged', '--version'], from: 'munge', why: 'SLURM trusts its stamps' }],
    [
      usesSlurm,
      { argv: ['scontrol', '--version'], from: 'slurm-client', why: 'SLURM is asked by it' },
    ],
    [
      roles['slurm-controller'].enabled,
      { argv: ['slurmctld', '-V'], from: 'slurmctld', why: 'the role slurm-controller runs it' },
    ],
    [
      roles['slurm-worker'].enabled,
      { argv: ['slurmd', '-V'], from: 'slurmd', why: 'the role slurm-worker runs it' },
    ],
    [
      roles['k3s-server'].enabled || roles['k3s-agent'].enabled,
      { argv: ['k3s', '--version'], from: 'k3s (https://k3s.io)', why: 'its roles run it' },
    ],
  ];
  return programs.filter(([isNeeded]) => isNeeded).map(([, program]) => program);
}

export const checkPrograms: Check = ({ config, commands }) =>
  Promise.all(neededBy(config).map((program) => look(program, commands)));

async function look(
  { argv, from, why }: Program,
  commands: Surroundings['commands'],
): Promise<Finding> {
  const [name] = argv;
  const check = `program-${name}`;
  try {
    const { stdout, stderr } = await commands.run(argv, { deadlineMs: ASK_MS });
    const version = /\d+(\.\d+)+[^\s,]*/.exec(`${stdout}\n${stderr}`)?.[0] ?? 'of unknown version';
    return ok(check, `${name} is there (${version}).`);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return error.code === 'NOT_FOUND'
      ? bad(check, `${name} is not installed; ${why}.`, `Install ${from}.`)
      : bad(check, `${name} does not answer.`, `Run "${argv.join(' ')}" by hand.`);
  }
}

/** A stamp that munged cannot read itself explains nearly every refusal of SLURM. */
export const checkMunge: Check = async ({ config, commands }) => {
  const { 'slurm-controller': controller, 'slurm-worker': worker } = config.roles;
  if (!controller.enabled && !worker.enabled) return [];
  const check = 'munge-round-trip';
  try {
    const made = await commands.run(['munge', '-n'], { deadlineMs: ASK_MS });
    if (made.code !== 0) {
      const remedy = 'Start the agent: it runs munged; then look with "node-agent status".';
      return [bad(check, `munge makes no stamp: ${firstLine(made.stderr)}`, remedy)];
    }
    const read = await commands.run(['unmunge'], { deadlineMs: ASK_MS, input: made.stdout });
    return [
      read.code === 0
        ? ok(check, 'munge makes stamps and reads them.')
        : bad(
            check,
            `munge does not read its own stamp: ${firstLine(read.stderr)}`,
            'Restart the agent, so that munged takes the present key.',
          ),
    ];
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return [bad(check, error.message, error.data.remedy)];
  }
};

const firstLine = (text: string) => text.trim().split('\n')[0] ?? '';

export const checkNode: Check = async () => {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const isNewEnough = major > 22 || (major === 22 && minor >= 19);
  const message = `Node is ${process.version}.`;
  return [
    isNewEnough
      ? ok('node', message)
      : bad('node', message, 'Take the package with its own Node, or install Node 22.19 or newer.'),
  ];
};
