import { Failure } from '#shared/contract/errors';
import type { Clock, Logger } from '../ports';
import type { Memory } from './memory';
import { admissionNote, foundingNote } from './notes';
import type { MemberRecord } from './records';
import type { Registry } from './registry';
import type { Troubles } from './troubles';

export interface RegistrationPorts {
  registry: Registry;
  memory: Memory;
  /** this node as it is now; the time of its joining is the shared state's */
  node: Omit<MemberRecord, 'joinedAt'>;
  troubles: Troubles;
  clock: Clock;
  logger: Logger;
}

const RETRY_MS = { first: 500, most: 10_000 };

/** Writes this node down in the shared state, once at once and then until it worked. */
export async function register(ports: RegistrationPorts, signal: AbortSignal): Promise<void> {
  if (!(await attempt(ports))) void keepTrying(ports, signal);
}

async function keepTrying(ports: RegistrationPorts, signal: AbortSignal): Promise<void> {
  let pause = RETRY_MS.first;
  for (;;) {
    await ports.clock.sleep(pause, signal).catch(() => undefined);
    if (signal.aborted || (await attempt(ports))) return;
    pause = Math.min(pause * 2, RETRY_MS.most);
  }
}

/** @returns whether no further attempt is needed */
async function attempt(ports: RegistrationPorts): Promise<boolean> {
  const { registry, memory, node, troubles, logger } = ports;
  const { file } = memory;
  if (file === null) return true;
  try {
    const standing = await registry.settleCluster(file.cluster);
    const isOther = standing.founding !== file.cluster.founding;
    troubles.set('founding', isOther ? foundingNote(standing) : null);
    if (isOther) return true;
    const admission = await registry.admit(node);
    troubles.set('registration', admission.ok ? null : admissionNote(admission, node.name));
    if (!admission.ok) return false;
    const { joinedAt } = admission.record;
    await memory.save({ phase: 'member', joinedAt }, registry.records());
    return true;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    logger.debug({ err: error }, 'The shared state does not take this node yet.');
    return false;
  }
}
