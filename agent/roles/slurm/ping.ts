import type { Commands } from '../../ports';

/** a machine without power takes about 3 s each */
const DEADLINE_MS = 8_000;

export interface Pinged {
  /** as slurm.conf has them */
  name: string;
  up: boolean;
}

/**
 * Which controllers answer, in their order; the first that does is in control.
 * @throws Failure TIMEOUT | NOT_FOUND
 */
export async function pingControllers(commands: Commands): Promise<Pinged[]> {
  // its code only tells whether any is down
  const { stdout } = await commands.run(['scontrol', 'ping'], { deadlineMs: DEADLINE_MS });
  return [...stdout.matchAll(/^Slurmctld\(\w+\) at (\S+) is (UP|DOWN)/gm)].map(
    ([, name = '', state]) => ({ name, up: state === 'UP' }),
  );
}

export const inControl = (pinged: readonly Pinged[]) => pinged.find(({ up }) => up)?.name ?? null;
