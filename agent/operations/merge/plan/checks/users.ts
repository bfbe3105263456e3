import type { PlanCheck } from '#shared/contract/agent/operations';
import { doubtful, failed, fine } from '../../../departure/checks';
import { jobsOf } from '../blast';
import type { Asked, Survey } from '../survey';
import { count, some } from './words';

type Numbers = { uid: number; gid: number };

/** A job runs under its user's number, and its files belong to that: it must be the same everywhere. */
export function userChecks(seen: Survey): PlanCheck[] {
  if (seen.losing.slurm === null || seen.gaining.slurm === null) return [];
  return [daemon(seen, seen.gaining.slurm.user), owners(seen)];
}

/** Nodes where a user has other numbers, or is missing. */
function strangers(nodes: readonly Asked[], user: string, wanted: Numbers) {
  const missing: string[] = [];
  const other: string[] = [];
  for (const { node, look } of nodes) {
    const has = look?.users[user];
    if (has === undefined) continue;
    if (has === null) missing.push(node.name);
    else if (has.uid !== wanted.uid || has.gid !== wanted.gid) other.push(node.name);
  }
  return { missing, other };
}

/** SLURM believes only a controller that runs as its own user. */
function daemon({ crossers, stayers, gaining }: Survey, user: string): PlanCheck {
  const found = { id: 'slurm-user', title: `${user} has one number` };
  const wanted = stayers.map(({ look }) => look?.users[user]).find((one) => one);
  if (!wanted) {
    const detail = `No node of ${gaining.cluster.name} could say which.`;
    return doubtful({ ...found, detail, remedy: `Look there: getent passwd ${user}` });
  }
  const { missing, other } = strangers([...stayers, ...crossers], user, wanted);
  const wrong = [...missing, ...other];
  const [first] = wrong;
  const numbers = `${wanted.uid}:${wanted.gid}`;
  if (first === undefined) return fine({ ...found, detail: `${numbers} everywhere.` });
  return failed({
    ...found,
    ...(wrong.length === 1 && { node: first }),
    detail: `It is ${numbers} in ${gaining.cluster.name}, but not on ${some(wrong)}.`,
    remedy: `Give ${user} the numbers ${numbers} there.`,
  });
}

function owners(seen: Survey): PlanCheck {
  const { losing, stayers, crossers, gaining } = seen;
  const found = { id: 'users', title: 'Users have the same numbers' };
  const { running, carried } = jobsOf(losing);
  const numbers = new Map<string, Numbers>();
  // a job's own group may be another than its user's first one
  for (const { user, uid } of [...running, ...carried]) {
    const known = crossers.map(({ look }) => look?.users[user]).find((one) => one);
    numbers.set(user, { uid, gid: known?.gid ?? -1 });
  }
  const willRun = new Set(carried.map(({ user }) => user));
  const wrong: { user: string; nodes: string[]; why: string }[] = [];
  for (const [user, { uid, gid }] of numbers) {
    const firstGid =
      gid === -1
        ? stayers.map(({ look }) => look?.users[user]?.gid).find((one) => one !== undefined)
        : gid;
    const { missing, other } = strangers(stayers, user, { uid, gid: firstGid ?? gid });
    const nodes = [...missing, ...other];
    if (nodes.length === 0) continue;
    const why =
      missing.length > 0 ? `is missing on ${some(missing)}` : `is another one on ${some(other)}`;
    wrong.push({ user, nodes, why });
  }
  const [first] = wrong.toSorted(
    (a, b) => Number(willRun.has(b.user)) - Number(willRun.has(a.user)),
  );
  if (first === undefined) {
    const detail = `${count(numbers.size, 'user')} with jobs ${numbers.size === 1 ? 'has' : 'have'}.`;
    return fine({ ...found, detail });
  }
  const uid = numbers.get(first.user)?.uid;
  const more =
    wrong.length === 1
      ? ''
      : ` The same holds for ${some(wrong.filter((one) => one !== first).map(({ user }) => user))}.`;
  const check = {
    ...found,
    ...(first.nodes.length === 1 && { node: first.nodes[0] ?? '' }),
    detail: `${first.user} (${uid} in ${losing.cluster.name}) ${first.why} of ${gaining.cluster.name}.${more}`,
    remedy: `Give these users the same numbers on all nodes of both clusters, as by one directory service.`,
  };
  return wrong.some(({ user }) => willRun.has(user)) ? failed(check) : doubtful(check);
}
