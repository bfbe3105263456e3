import { listing } from '../../../roles/slurm/listing';
import { type Asks, ask } from './ask';
import { keyIn } from './mark';

/** A job that was carried here. */
interface Carried {
  key: string;
  id: string;
  /** SLURM's word; `PENDING` for an array of which a task waits */
  state: string;
  held: boolean;
}

/**
 * Jobs here that come from another cluster, also those that ended lately.
 * @param from uuid of that cluster
 * @throws Failure SERVER_ERROR, TIMEOUT
 */
export async function findCarriedJobs(
  commands: Asks,
  from: string,
  signal?: AbortSignal,
): Promise<Carried[]> {
  const list = listing(['%F', '%T', '%Q', '%k']);
  const argv = ['squeue', '-h', '-a', '-t', 'all', '-o', list.format] as const;
  const found = new Map<string, Carried>();
  for (const [id = '', state = '', priority = '', comment = ''] of list.rows(
    await ask(commands, argv, signal),
  )) {
    const key = keyIn(comment);
    if (!key.startsWith(`${from}/`)) continue;
    const known = found.get(key);
    if (known === undefined || state === 'PENDING') {
      found.set(key, { key, id, state, held: state === 'PENDING' && priority === '0' });
    }
  }
  return [...found.values()];
}
