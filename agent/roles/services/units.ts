import { SERVICE_NAMES, type ServiceStatus } from '#shared/contract/agent/dashboard';
import type { Commands, Supervisor } from '../../ports';

export interface Unit {
  name: string;
  status: ServiceStatus;
  message: string;
}

const DEADLINE_MS = 5_000;
const PROPERTIES = 'Id,LoadState,ActiveState,SubState,Result';

/** The units of this node as systemd has them, by one command for all. @throws Failure */
export async function systemdUnits(commands: Commands): Promise<Unit[]> {
  const names = SERVICE_NAMES.map((name) => `${name}.service`);
  const { stdout } = await commands.run(
    ['systemctl', 'show', `--property=${PROPERTIES}`, '--', ...names],
    { deadlineMs: DEADLINE_MS },
  );
  const blocks = stdout.split(/\n\s*\n/).map(
    (block) =>
      new Map(
        block
          .split('\n')
          .filter((line) => line.includes('='))
          .map((line): [string, string] => [
            line.slice(0, line.indexOf('=')),
            line.slice(line.indexOf('=') + 1),
          ]),
      ),
  );
  return SERVICE_NAMES.map((name) =>
    unitOf(
      name,
      blocks.find((block) => block.get('Id') === `${name}.service`),
    ),
  );
}

function unitOf(name: string, shown: ReadonlyMap<string, string> | undefined): Unit {
  const active = shown?.get('ActiveState') ?? '';
  const sub = shown?.get('SubState') ?? '';
  const state = `${active} (${sub})`;
  const result = shown?.get('Result') ?? 'unknown';
  // between a crash and the next try
  if (sub === 'auto-restart') {
    return { name, status: 'error', message: `it fails and is started again (${result})` };
  }
  if (active === 'active' || active === 'reloading' || active === 'activating') {
    return { name, status: 'running', message: state };
  }
  if (active === 'failed') {
    return { name, status: 'error', message: `failed (${result})` };
  }
  if (shown?.get('LoadState') === 'not-found') {
    return { name, status: 'stopped', message: 'It is not installed.' };
  }
  if (active === 'inactive' || active === 'deactivating') {
    return { name, status: 'stopped', message: state };
  }
  return { name, status: 'unknown', message: 'systemd does not tell.' };
}

/** Daemons that the agent looks after itself where there is no systemd. */
const SUPERVISED = new Set<string>(['slurmctld', 'slurmd', 'k3s', 'k3s-agent']);

/**
 * Without systemd: what the agent looks after by its supervisor, the rest by what answers.
 * @param answers names of the services that a probe found well
 */
export async function supervisedUnits(
  supervisor: Pick<Supervisor, 'state'>,
  answers: ReadonlySet<string>,
): Promise<Unit[]> {
  return await Promise.all(
    SERVICE_NAMES.map(async (name): Promise<Unit> => {
      if (!SUPERVISED.has(name)) {
        return answers.has(name)
          ? { name, status: 'running', message: 'It answers.' }
          : { name, status: 'stopped', message: 'Nothing of it answers.' };
      }
      const { state, message } = await supervisor.state(name);
      if (state === 'running') return { name, status: 'running', message: '' };
      return { name, status: state === 'failed' ? 'error' : 'stopped', message };
    }),
  );
}
