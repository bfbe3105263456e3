import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '#shared/contract/errors';
import { readEnrolment } from '../../identity/enrolment';
import { readNodeIdentity } from '../../identity/node-identity';
import { FENCE_FILE, Fence } from '../../operations/hands/fence';
import { bad, type Check, type Finding, ok, warning } from './finding';

const MEBIBYTE = 1024 ** 2;
const LOW_BYTES = 1024 * MEBIBYTE;
const FULL_BYTES = 100 * MEBIBYTE;

export const checkEnrolment: Check = async ({ config, nodeName }) => {
  const path = config.cluster.enrolment;
  const finding = await told('enrolment', async () => {
    const { cluster, founder, seeds } = await readEnrolment(path);
    if (founder !== nodeName && seeds.length === 0 && config.discovery.seeds.length === 0) {
      return warning(
        'enrolment',
        `This node is enrolled in ${cluster.name}, but knows nobody to ask.`,
        'Name a seed in the enrolment file or under discovery.seeds.',
      );
    }
    return ok('enrolment', `This node is enrolled in ${cluster.name}.`);
  });
  return [finding];
};

/** Also the modes of the keys: reading refuses what others may read. */
export const checkIdentity: Check = async ({ folders }) => [
  await told('identity', async () => {
    const identity = await readNodeIdentity(folders.identity);
    return identity === null
      ? ok('identity', 'There is no identity yet; the first start makes it.')
      : ok('identity', `This node is ${identity.id}; only its owner can read its keys.`);
  }),
];

export const checkDisk: Check = async ({ folders }) => {
  const disk = await statfs(folders.root).catch(() => null);
  if (disk === null)
    return [ok('disk', `There is no ${folders.root} yet; the first start makes it.`)];
  const free = disk.bavail * disk.bsize;
  const message = `${Math.floor(free / MEBIBYTE)} MiB are free in ${folders.root}.`;
  const remedy = 'Make room: the shared state stops taking changes when the disk is full.';
  if (free < FULL_BYTES) return [bad('disk', message, remedy)];
  return [free < LOW_BYTES ? warning('disk', message, remedy) : ok('disk', message)];
};

/** Without it a node obeys no operation, which is noticed only in the middle of one. */
export const checkFence: Check = async ({ folders }) => [
  await told('operations-fence', async () => {
    // as of no cluster: nothing is refused and nothing written, it is only read
    await new Fence(join(folders.root, FENCE_FILE), '').admit(0);
    return ok('operations-fence', 'This node obeys whoever coordinates operations.');
  }),
];

async function told(check: string, look: () => Promise<Finding>): Promise<Finding> {
  try {
    return await look();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const fields = Object.entries(error.data.fields ?? {}).map(([key, why]) => `${key}: ${why}`);
    return bad(check, [error.message, ...fields].join(' '), error.data.remedy);
  }
}
