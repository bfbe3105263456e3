import type { PlanCheck } from '#shared/contract/agent/operations';
import type { Procedure } from './move';
import type { Asked, Survey } from './survey';

type Found = Pick<PlanCheck, 'state' | 'detail' | 'remedy'> & { node?: string };

const ok = (detail: string): Found => ({ state: 'ok', detail, remedy: '' });
const bad = (detail: string, remedy: string, node?: string): Found => ({
  state: 'failed',
  detail,
  remedy,
  ...(node !== undefined && { node }),
});
const warning = (detail: string, remedy: string, node?: string): Found => ({
  ...bad(detail, remedy, node),
  state: 'warning',
});

/** munge and the order of what happened need clocks that agree about so far */
const SKEW_MS = 5_000;
const SMALL_SKEW_MS = 1_000;
/** for what SLURM writes beside, and for what grows meanwhile */
const SPARE_BYTES = 64 * 1024 * 1024;
const MIB = 1024 * 1024;
const BEAT_S = 60;

/** All that must be right before the controller moves, each with what to do where it is not. */
export function checksOf(seen: Survey, procedure: Procedure): PlanCheck[] {
  const check = (id: string, title: string, found: Found): PlanCheck => ({ id, title, ...found });
  return [
    check('nodes', 'Both nodes answer', nodes(seen, procedure)),
    check('control', 'The controllers are as they should be', control(seen, procedure)),
    check('idle', 'Nothing else moves the controller', idle(seen)),
    check('state', "The jobs' folder", folder(seen, procedure)),
    check('owner', 'SlurmUser is the same', owner(seen)),
    ...(procedure === 'B' ? [check('disk', 'There is room for the jobs', disk(seen))] : []),
    check('version', 'SLURM is of one version', version(seen)),
    check('clocks', 'The clocks agree', clocks(seen, procedure)),
    check('munge', 'munge works across', munge(seen, procedure)),
    check('conf', 'All nodes have one slurm.conf', conf(seen)),
    check('settings', 'Both have the same settings', settings(seen)),
    check('accounting', 'The accounting goes along', accounting(seen, procedure)),
    check('before', 'What was left from an earlier move', earlier(seen)),
  ];
}

function nodes({ from, to }: Survey, procedure: Procedure): Found {
  const { name } = to.member;
  if (to.look === null) {
    return bad(`The agent on ${name} does not answer.`, `Start ${name} and its node agent.`, name);
  }
  if (to.look.depth?.enabled !== true) {
    const remedy = `Set roles.slurm-controller.enabled on ${name}, then restart its agent.`;
    return bad(`${name} is not set up to be a controller.`, remedy, name);
  }
  if (procedure === 'takeover') {
    const old = from.member.name;
    const remedy = `Make sure that ${old} has no power. Where it can be brought back, do that instead.`;
    return warning(`The agent on ${old} does not answer.`, remedy, old);
  }
  if (from.look === null) {
    const old = from.member.name;
    const remedy = `Bring ${old} back: the jobs lie there and nowhere else.`;
    return bad(`The agent on ${old} does not answer.`, remedy, old);
  }
  return ok(`${from.member.name} and ${name} answer.`);
}

function control({ from, to, config, controllers }: Survey, procedure: Procedure): Found {
  const [old, next] = [from.member.name, to.member.name];
  const up = (controllers ?? []).filter((one) => one.up).map(({ name }) => name);
  if (procedure === 'takeover') {
    if (up[0] === next) return ok(`${next} has taken over by itself; now it is written down.`);
    if (up[0] !== undefined) {
      return bad(`${up[0]} is in control by now.`, `Hand it to ${up[0]}, which has it.`, up[0]);
    }
    if (to.look?.daemon === 'running' && config.controllers.includes(to.member.id)) {
      return ok(`The standby on ${next} runs.`);
    }
    const remedy = `Start the node agent of ${next}, and wait until its standby runs.`;
    return bad(`There is no standby on ${next}.`, remedy, next);
  }
  if (up[0] !== old) {
    const who = up[0] === undefined ? 'No controller answers' : `${up[0]} is in control`;
    return bad(`${who}, and not ${old}.`, `Look at ${old}: scontrol ping.`, old);
  }
  const isListed = config.controllers.includes(to.member.id);
  if (procedure === 'A' && isListed && !up.includes(next)) {
    const remedy = `It is started anew anyway. Look at its log on ${next} to be sure.`;
    return warning(`${old} is in control; the standby on ${next} does not answer.`, remedy, next);
  }
  const isStandby = procedure === 'A' && isListed;
  return ok(`${old} is in control${isStandby ? `, and the standby on ${next} answers` : ''}.`);
}

function idle({ config }: Survey): Found {
  if (config.moving === null) return ok('No other operation holds the controllers.');
  // only one operation runs at a time: what is held here was left behind by one that is over
  const remedy = 'This operation takes them over.';
  return warning('An operation that is over still holds the controllers.', remedy);
}

function folder(seen: Survey, procedure: Procedure): Found {
  const { config, from, to } = seen;
  const path = config.stateSaveLocation;
  const { name } = to.member;
  const depth = to.look?.depth ?? null;
  if (depth === null) return bad(`${name} cannot be asked.`, `Start ${name} and its node agent.`);
  if (depth.refused !== '') {
    const remedy = `Look at ${path} on ${name}: its mount, its rights, its disk.`;
    return bad(`Nothing can be written to ${path} on ${name} (${depth.refused}).`, remedy, name);
  }
  if (procedure === 'B') {
    const remedy = `Move what is in ${path} on ${name} away.`;
    if (depth.files > 0 && to.look?.folder.stateId === null) {
      return bad(`${path} on ${name} holds something else.`, remedy, name);
    }
    const { files = 0, bytes = 0 } = from.look?.depth ?? {};
    return ok(`${files} files with ${inMib(bytes)} are copied to ${path} on ${name}.`);
  }
  if (!depth.shared || to.look?.folder.stateId !== config.stateId) {
    const remedy = `Mount the folder of ${from.member.name} at ${path} on ${name}, and set roles.slurm-controller.shared there.`;
    return bad(`${name} does not see the jobs of this cluster at ${path}.`, remedy, name);
  }
  if (procedure === 'takeover') return standing(seen, config.slurmctldTimeoutMs);
  if (isClose(from, to)) return ok(`Both see the same folder at ${path}, and can write to it.`);
  const remedy = `Look whether ${path} on ${name} is the same share, and is not cached for long.`;
  return bad(`What ${from.member.name} writes to ${path} is not seen on ${name}.`, remedy, name);
}

/** The last signs of life are at most a beat apart; a controller that began alone leaves none. */
function isClose(from: Asked, to: Asked): boolean {
  const [old, next] = [from, to].map(({ look }) => look?.folder.heartbeat ?? '');
  return old === '' || (next !== '' && Math.abs(Number(old) - Number(next)) <= BEAT_S);
}

/** Whether the folder shows a controller at work that nobody reaches. */
function standing({ to, from, controllers, workedAt }: Survey, timeoutMs: number): Found {
  const old = from.member.name;
  const first = controllers?.find(({ up }) => up)?.name;
  // what moves there is then its own
  if (first === to.member.name) return ok(`${first} works on it.`);
  const { folder: seen, depth } = to.look ?? { folder: { heartbeat: '' }, depth: null };
  // one that began alone leaves no sign, and what lies there then is of another one
  const isItsOwn =
    seen.heartbeat !== '' && Number(seen.heartbeat) * 1000 > (workedAt ?? 0) - BEAT_S * 1000;
  if (!isItsOwn) {
    const remedy = `Bring ${old} back, or cut its power and wait until the standby takes over by itself.`;
    return bad(`The folder does not show whether ${old} works.`, remedy, old);
  }
  const ageMs = (depth?.now ?? 0) - Number(seen.heartbeat) * 1000;
  if (ageMs > timeoutMs) {
    return ok(`The folder shows no sign of ${old} for ${Math.round(ageMs / 1000)} s.`);
  }
  const remedy = `Cut the power of ${old}, then wait for ${Math.ceil(timeoutMs / 1000)} s. Two controllers at once would run jobs twice.`;
  return bad(`${old} was at work ${Math.round(ageMs / 1000)} s ago.`, remedy, old);
}

function owner({ from, to, config }: Survey): Found {
  const { name } = to.member;
  const [old, next] = [from.look?.depth, to.look?.depth];
  if (next?.uid === null) {
    const remedy = `Make the user ${config.slurmUser} there, with the number it has elsewhere.`;
    return bad(`${name} has no user ${config.slurmUser}.`, remedy, name);
  }
  if (old !== undefined && old !== null && next !== undefined && next !== null) {
    if (old.uid !== next.uid || old.gid !== next.gid) {
      const remedy = `Give ${config.slurmUser} the same numbers on all nodes.`;
      const numbers = `${old.uid}:${old.gid} and ${next.uid}:${next.gid}`;
      return bad(`${config.slurmUser} has other numbers on ${name}: ${numbers}.`, remedy, name);
    }
  }
  const wrong = [from, to].find(({ look }) => look?.depth?.isOwned === false);
  if (wrong !== undefined && (wrong === from || config.shared)) {
    const remedy = `chown -R ${config.slurmUser} ${config.stateSaveLocation}`;
    const detail = `Files in ${config.stateSaveLocation} do not belong to ${config.slurmUser}.`;
    return bad(detail, remedy, wrong.member.name);
  }
  return ok(`${config.slurmUser} has the same number on both.`);
}

function disk({ from, to, config }: Survey): Found {
  const bytes = from.look?.depth?.bytes ?? 0;
  const free = to.look?.depth?.freeBytes ?? 0;
  const { name } = to.member;
  if (free >= bytes * 1.2 + SPARE_BYTES) return ok(`${inMib(free)} are free on ${name}.`);
  const remedy = `Make room for ${inMib(bytes + SPARE_BYTES)} in ${config.stateSaveLocation}.`;
  return bad(`Only ${inMib(free)} are free on ${name}.`, remedy, name);
}

function version({ from, to }: Survey): Found {
  const [old, next] = [from, to].map(({ look }) => look?.depth?.version ?? '');
  const { name } = to.member;
  if (next === '' || next === undefined) {
    return bad(`slurmctld is not installed on ${name}.`, 'Install the same package there.', name);
  }
  if (old === '' || old === undefined || old === next) return ok(`SLURM ${next}.`);
  const release = (text: string) => text.split('.').slice(0, 2).join('.');
  const remedy = `Install SLURM ${old} on ${name}, or update all nodes first.`;
  const detail = `${from.member.name} has SLURM ${old}, ${name} has ${next}.`;
  // within one release what is saved is the same
  return release(old) === release(next) ? warning(detail, remedy, name) : bad(detail, remedy, name);
}

function clocks({ from, to }: Survey, procedure: Procedure): Found {
  const old = procedure === 'takeover' ? 0 : from.skewMs;
  const apart = Math.abs(old - to.skewMs);
  const seconds = (apart / 1000).toFixed(1);
  const remedy = 'Let chrony or systemd-timesyncd keep the clocks of both nodes.';
  if (apart > SKEW_MS) return bad(`The clocks are ${seconds} s apart.`, remedy, to.member.name);
  if (apart > SMALL_SKEW_MS) {
    return warning(`The clocks are ${seconds} s apart.`, remedy, to.member.name);
  }
  return ok('They agree within a second.');
}

function munge({ munge: tried, to }: Survey, procedure: Procedure): Found {
  if (procedure === 'takeover') return ok(`It is proved again once ${to.member.name} works.`);
  const wrong = tried.find(({ why }) => why !== null);
  if (wrong === undefined) return ok('Each decodes what the other encodes.');
  const remedy = 'Restart the node agent there: it fetches the key of the cluster anew.';
  return bad(`${wrong.at} does not accept munge of ${wrong.of}: ${wrong.why}.`, remedy, wrong.of);
}

function conf({ from, to, others }: Survey): Found {
  const asked = [from, to, ...others];
  const reference = from.look?.conf ?? to.look?.conf;
  const silent = asked.filter(({ look }) => look === null).map(({ member }) => member.name);
  const other = asked.filter(({ look }) => look !== null && look.conf !== reference);
  if (other.length > 0) {
    const names = other.map(({ member }) => member.name).join(', ');
    const remedy = 'Wait until the agents have written it; look at their problems if they do not.';
    return bad(`slurm.conf differs on ${names}.`, remedy);
  }
  const gone = silent.filter((name) => name !== from.member.name && name !== to.member.name);
  if (gone.length > 0) {
    const remedy = 'They take it over by themselves when they are back.';
    return warning(`${gone.join(', ')} cannot be asked.`, remedy);
  }
  return ok('It is the same everywhere.');
}

/** Whoever is first decides about lines of slurm.conf. */
function settings({ config, to }: Survey): Found {
  const lines = to.look?.depth?.extra ?? [];
  if (JSON.stringify(lines) === JSON.stringify(config.extra)) return ok('They do not change.');
  const { name } = to.member;
  const remedy = `Make roles.slurm-controller.extra on ${name} the same, or mean the change.`;
  return warning(`slurm.conf changes with ${name}: its own lines are others.`, remedy, name);
}

/** A file of ended jobs that lies on one host alone stays behind. */
function accounting({ config }: Survey, procedure: Procedure): Found {
  const line = (key: string) =>
    config.extra
      .map((text) => /^\s*([^=\s]+)\s*=\s*(.*?)\s*$/.exec(text))
      .find((match) => match?.[1]?.toLowerCase() === key)?.[2];
  const storage = line('accountingstoragetype');
  if (storage !== undefined && storage !== 'accounting_storage/none') {
    return ok(`It is kept by ${storage}, wherever the controller works.`);
  }
  const place = line('jobcomploc');
  if (place === undefined) return ok('The list of ended jobs lies with the jobs, and goes along.');
  const isAlong = place.startsWith(`${config.stateSaveLocation}/`);
  if (isAlong || !place.startsWith('/')) return ok(`It goes to ${place}.`);
  const remedy = `Set JobCompLoc to a file in ${config.stateSaveLocation}, or on storage that all controllers share.`;
  return procedure === 'B'
    ? warning(`The list of ended jobs in ${place} stays behind, and begins anew.`, remedy)
    : warning(`It goes to ${place}; that must be the same file on both.`, remedy);
}

function earlier({ config, from, to }: Survey): Found {
  const mine = config.relays.filter((relay) => relay.from === to.member.id);
  if (mine.length === 0) return ok('Nothing.');
  const remedy = 'Nothing to do: jobs from before know it already.';
  const detail = `${to.member.name} still hands on to ${from.member.name} for jobs from before; that ends now.`;
  return warning(detail, remedy, to.member.name);
}

const inMib = (bytes: number) => `${(bytes / MIB).toFixed(bytes < 10 * MIB ? 1 : 0)} MiB`;
