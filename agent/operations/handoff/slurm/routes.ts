import type { Membership } from '../../../membership/types';
import type { Clock, Commands } from '../../../ports';
import type { SlurmHanding } from '../../../roles/slurm/handing';
import { expandHosts } from '../../../roles/slurm/hostlist';
import { listing } from '../../../roles/slurm/listing';
import { pingControllers } from '../../../roles/slurm/ping';
import type { Listens } from '../../../roles/slurm/port';
import { handRoute } from '../../hands/define';
import type { HandRoute } from '../../hands/types';
import {
  slurmAsk,
  slurmCopy,
  slurmDropCopy,
  slurmEnded,
  slurmFiles,
  slurmLook,
  slurmMunge,
  slurmNotice,
  slurmPulse,
  slurmReach,
  slurmStart,
  slurmStop,
  slurmTakeover,
} from './hands';
import { jobBase } from './jobs';

const ASK_MS = 10_000;
const PULSE_MS = 20_000;
const MAX_BYTES = 32 * 1024 * 1024;
/** ids in one command line */
const AT_ONCE = 500;
/** SLURM's words for a job that is not over */
const ALIVE =
  /^(PENDING|RUNNING|SUSPENDED|COMPLETING|CONFIGURING|REQUEUED|RESIZING|STAGE_OUT|SIGNALING|STOPPED)/;
/** no controller answered; anything else that sbatch complains of is an answer */
const UNANSWERED =
  /unable to contact|zero bytes|timed out|connection (refused|reset|timed)|socket/i;

interface Deps {
  handing: SlurmHanding;
  commands: Commands;
  membership: Pick<Membership, 'members'>;
  clock: Pick<Clock, 'monotonic'>;
  listens: Listens;
}

/** What this node does and tells while SLURM's controller changes hands. */
export function slurmHandRoutes(deps: Deps): HandRoute[] {
  const { handing, listens } = deps;
  const took = (tookMs: number) => ({ tookMs });
  return [
    handRoute(slurmLook, ({ deep }) => handing.look(deep)),
    handRoute(slurmAsk, () => ask(deps)),
    handRoute(slurmEnded, async ({ ids }) => ({ ended: await endedOf(deps, ids) })),
    handRoute(slurmPulse, async (_input, { signal }) => ({ ms: await pulse(deps, signal) })),
    handRoute(slurmMunge, ({ at }) => handing.checkMunge(at)),
    handRoute(slurmReach, async ({ node }) => {
      const member = deps.membership.members().find(({ id }) => id === node);
      if (member === undefined) return { agent: false, controller: false };
      const { address, apiPort } = member;
      const [agent, controller] = await Promise.all([listens(address, apiPort), listens(address)]);
      return { agent, controller };
    }),
    handRoute(slurmNotice, ({ revision }) => handing.notice(revision)),
    handRoute(slurmStop, async ({ relayTo }, { log }) => took(await handing.stop(relayTo, log))),
    handRoute(slurmStart, async ({ config, as }, { log }) =>
      took(await handing.start(config, as, log)),
    ),
    handRoute(slurmTakeover, async (_input, { log }) => took(await handing.takeover(log))),
    handRoute(slurmFiles, async ({ config }) => ({ conf: await handing.applyFiles(config) })),
    handRoute(slurmCopy, ({ from, ...wish }, { log, signal }) =>
      handing.copy(from, { ...wish, signal }, log),
    ),
    handRoute(slurmDropCopy, async ({ stateId }) => took(await handing.dropCopy(stateId))),
  ];
}

async function ask({ commands }: Deps) {
  const controllers = await pingControllers(commands);
  if (!controllers.some(({ up }) => up)) return { controllers, jobs: null };
  const { format, rows } = listing(['%i', '%j', '%u', '%T', '%N']);
  const argv = ['squeue', '-h', '-a', '-o', format] as const;
  const { code, stdout } = await commands.run(argv, { deadlineMs: ASK_MS, maxBytes: MAX_BYTES });
  if (code !== 0) return { controllers, jobs: null };
  const jobs = rows(stdout).map(([id = '', name = '', user = '', state = '', nodes = '']) => ({
    id,
    name,
    user,
    state,
    nodes: expandHosts(nodes),
  }));
  return { controllers, jobs };
}

/** The controller remembers what ended lately; what ended before that only an accounting knows. */
async function endedOf({ commands }: Deps, ids: readonly string[]): Promise<string[]> {
  const wanted = new Set(ids);
  const ended = new Set<string>();
  const alive = new Set<string>();
  const take = (id: string, state: string) => {
    const base = jobBase(id);
    if (wanted.has(base)) (ALIVE.test(state) ? alive : ended).add(base);
  };
  const { format, rows } = listing(['%i', '%T']);
  const options = { deadlineMs: ASK_MS, maxBytes: MAX_BYTES };
  const queue = await commands.run(['squeue', '-h', '-a', '-t', 'all', '-o', format], options);
  if (queue.code === 0) for (const [id = '', state = ''] of rows(queue.stdout)) take(id, state);
  for (const kind of ['--allocations', '--completion'] as const) {
    const rest = ids.filter((id) => !ended.has(id) && !alive.has(id));
    for (let at = 0; at < rest.length; at += AT_ONCE) {
      const some = rest.slice(at, at + AT_ONCE).join(',');
      const argv = [
        'sacct',
        '-n',
        '-P',
        kind,
        '-S',
        'now-30days',
        '-o',
        'jobid,state',
        '-j',
        some,
      ] as const;
      const { code, stdout } = await commands.run(argv, options);
      if (code !== 0) break;
      for (const line of stdout.split('\n')) {
        const [id = '', state = ''] = line.split('|');
        take(id, state);
      }
    }
  }
  return [...ended].filter((id) => !alive.has(id));
}

/** One submission that is only tried. @returns null where no controller answered */
async function pulse({ commands, clock }: Deps, signal: AbortSignal): Promise<number | null> {
  const begun = clock.monotonic();
  const argv = ['sbatch', '--test-only', '--wrap', 'true'] as const;
  const ran = await commands.run(argv, { deadlineMs: PULSE_MS, signal }).catch(() => null);
  if (ran === null || (ran.code !== 0 && UNANSWERED.test(ran.stderr))) return null;
  return clock.monotonic() - begun;
}
