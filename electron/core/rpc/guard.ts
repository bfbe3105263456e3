import { fail } from '#shared/contract/errors';
import type { AccessService } from '../access/service';
import { readOnlyHere } from '../clusters/rules';
import type { ClusterReader } from '../clusters/types';
import { isStream, os } from './base';
import { isRead, sparesReadOnly, textsIn, WHILE_LOCKED } from './policy';
import { appLocked, untilLocked } from './until-locked';

export interface GuardDeps {
  access: Pick<AccessService, 'status' | 'events'>;
  clusters: Pick<ClusterReader, 'list'>;
}

/**
 * The one door every call goes through, whichever host it came to: a locked app answers nothing
 * that tells of a cluster, viewer mode admits only reads, a read-only cluster takes no change.
 */
export function guarded(deps: GuardDeps) {
  return os.use(async ({ next, path }, input) => {
    const call = path.join('.');
    admit(call, input, deps);
    const result = await next();
    if (!isStream(result.output) || call in WHILE_LOCKED) return result;
    return { ...result, output: untilLocked(result.output, deps.access) };
  });
}

/** @throws Failure APP_LOCKED | READ_ONLY */
function admit(call: string, input: unknown, { access, clusters }: GuardDeps): void {
  const { locked, viewer } = access.status();
  if (locked && !(call in WHILE_LOCKED)) throw appLocked();
  if (isRead(call, input)) return;
  if (viewer) {
    const remedy = 'Leave viewer mode in the settings first.';
    throw fail('READ_ONLY', { remedy }, 'Viewer mode is on: nothing can be changed.');
  }
  const marked = new Map(
    clusters
      .list()
      .flatMap(({ uuid, clusterId, readOnly }) => (readOnly ? [[uuid, clusterId]] : [])),
  );
  if (marked.size === 0 || sparesReadOnly(call, input)) return;
  for (const text of textsIn(input)) {
    const clusterId = marked.get(text.toLowerCase());
    if (clusterId !== undefined) throw readOnlyHere(clusterId);
  }
}
