import { isRoot } from '../access/permissions';
import { died, parameterError } from '../errors';
import { isTrue, type ParamRules } from '../http/params';
import { type Call, need, type Route } from '../http/route';
import type { GuestKind } from '../model/types';
import { type PowerAction, powerPlan, type TaskContext } from '../tasks/guest-actions';
import { guestOf } from './guests';

const optional = { optional: true } as const;
const flag = { type: 'boolean', optional: true } as const;
const seconds = { type: 'integer', optional: true, minimum: 0 } as const;

const RULES: Record<PowerAction, ParamRules> = {
  start: {
    skiplock: flag,
    timeout: seconds,
    machine: optional,
    migratedfrom: optional,
    migration_network: optional,
    migration_type: optional,
    'nets-host-mtu': optional,
    'with-conntrack-state': flag,
    stateuri: optional,
    targetstorage: optional,
    'force-cpu': optional,
    debug: flag,
  },
  stop: { skiplock: flag, timeout: seconds, keepActive: flag, 'overrule-shutdown': flag },
  shutdown: { skiplock: flag, timeout: seconds, forceStop: flag, keepActive: flag },
  reboot: { timeout: seconds },
  suspend: { skiplock: flag, todisk: flag, statestorage: optional },
  resume: { skiplock: flag, nocheck: flag },
  reset: { skiplock: flag },
};

const ACTIONS: Record<GuestKind, readonly PowerAction[]> = {
  qemu: ['start', 'stop', 'shutdown', 'reboot', 'suspend', 'resume', 'reset'],
  lxc: ['start', 'stop', 'shutdown', 'reboot', 'suspend', 'resume'],
};

/** Start, stop and their kin: each answers with the UPID of its task. */
export const guestPowerRoutes: readonly Route[] = (['qemu', 'lxc'] as const).flatMap((kind) =>
  ACTIONS[kind].map(
    (action): Route => ({
      method: 'POST',
      path: `/nodes/{node}/${kind}/{vmid}/status/${action}`,
      params: RULES[action],
      permit: need('/vms/{vmid}', 'VM.PowerMgmt'),
      handle: (call) => act(call, kind, action),
    }),
  ),
);

/** Who acts in a call, for the task it becomes. */
export function taskContext(call: Call): TaskContext {
  const { site, caller, path, params, nowMs } = call;
  return {
    cluster: site.cluster,
    node: path.node ?? '',
    user: caller.userid,
    ...(caller.tokenid === undefined ? {} : { tokenid: caller.tokenid }),
    nowMs,
    pace: site.taskPace,
    ...(params.timeout === undefined ? {} : { timeoutSeconds: Number(params.timeout) }),
    ...(params.forceStop === undefined ? {} : { forceStop: isTrue(params.forceStop) }),
  };
}

/** Without a majority nothing is begun that could run twice. */
export function assertQuorum(call: Call): void {
  if (!call.site.cluster.quorate) throw died('cluster not ready - no quorum?');
}

function act(call: Call, kind: GuestKind, action: PowerAction): string {
  if (isTrue(call.params.skiplock) && !isRoot(call.caller)) {
    throw parameterError({ skiplock: 'Only root may use this option.' });
  }
  const guest = guestOf(call, kind);
  if (action === 'start') assertQuorum(call);
  return call.site.tasks.start(powerPlan(taskContext(call), guest, action), call.nowMs).upid;
}
