import type { PlanCheck } from '#shared/contract/agent/operations';
import { doubtful, failed, fine } from '../../../departure/checks';
import type { MergeJob } from '../../hands';
import { jobsOf } from '../blast';
import type { Asked, Survey } from '../survey';
import { count, some } from './words';

/** `gid` null: it does not matter, or nobody knows it */
type Numbers = { uid: number; gid: number | null };

/** A job runs under its user's number, and its files belong to that: it must be the same everywhere. */
export function userChecks(seen: Survey): PlanCheck[] {
  if (seen.losing.slurm === null || seen.gaining.slurm === null) return [];
  return [daemon(seen, seen.gaining.slurm.user), ...owners(seen)];
}

/** Nodes where a user has other numbers, or is missing. */
function strangers(nodes: readonly Asked[], user: string, wanted: Numbers) {
  const missing: string[] = [];
  const other: string[] = [];
  for (const { node, look } of nodes) {
    const has = look?.users[user];
    if (has === undefined) continue;
    if (has === null) missing.push(node.name);
    else if (has.uid !== wanted.uid || has.gid !== (wanted.gid ?? has.gid)) other.push(node.name);
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

interface Side {
  id: string;
  /** whose users they are, and its nodes */
  home: string;
  natives: readonly Asked[];
  /** where their jobs are going to run as well */
  abroad: string;
  nodes: readonly Asked[];
  jobs: readonly MergeJob[];
  /** who is sure to run there */
  bound: ReadonlySet<string>;
}

/** Users with jobs of either cluster run on nodes of the other one before long. */
function owners({ losing, stayers, crossers, gaining }: Survey): PlanCheck[] {
  const { running, carried } = jobsOf(losing);
  const own = gaining.slurm?.jobs ?? [];
  const [to, from] = [gaining.cluster.name, losing.cluster.name];
  return [
    compared({
      id: 'users',
      home: from,
      natives: crossers,
      abroad: to,
      nodes: stayers,
      jobs: [...running, ...carried],
      bound: new Set(carried.map(({ user }) => user)),
    }),
    compared({
      id: 'users-gaining',
      home: to,
      natives: stayers,
      abroad: from,
      nodes: crossers,
      jobs: own,
      bound: new Set(own.map(({ user }) => user)),
    }),
  ];
}

function compared({ id, home, natives, abroad, nodes, jobs, bound }: Side): PlanCheck {
  const found = { id, title: `Users of ${home} have the same numbers in ${abroad}` };
  const uids = new Map(jobs.map(({ user, uid }) => [user, uid]));
  const wrong = [...uids].flatMap(([user, uid]) => {
    // a job may run under another group than its user's first one
    const known = natives.map(({ look }) => look?.users[user]).find((one) => one);
    const { missing, other } = strangers(nodes, user, { uid, gid: known?.gid ?? null });
    const on = [...missing, ...other];
    if (on.length === 0) return [];
    const why =
      missing.length > 0 ? `is missing on ${some(missing)}` : `is another one on ${some(other)}`;
    return [{ user, uid, on, why }];
  });
  const sure = wrong.filter(({ user }) => bound.has(user));
  const [first] = [...sure, ...wrong];
  const unasked = [...uids.keys()].filter((user) =>
    nodes.some(({ look }) => look !== null && !Object.hasOwn(look.users, user)),
  );
  if (first === undefined && unasked.length > 0) {
    const detail = `${count(unasked.length, 'user')} could not be compared: there are too many.`;
    return doubtful({ ...found, detail, remedy: 'Compare their numbers: getent passwd NAME' });
  }
  if (first === undefined) {
    const detail = `${count(uids.size, 'user')} with jobs ${uids.size === 1 ? 'has' : 'have'}.`;
    return fine({ ...found, detail });
  }
  const others = wrong.filter(({ user }) => user !== first.user).map(({ user }) => user);
  const more = others.length === 0 ? '' : ` The same holds for ${some(others)}.`;
  const check = {
    ...found,
    ...(first.on.length === 1 && { node: first.on[0] ?? '' }),
    detail: `${first.user} (${first.uid} in ${home}) ${first.why} of ${abroad}.${more}`,
    remedy: `Give these users the same numbers on all nodes of both clusters, as by one directory service.`,
  };
  return sure.length > 0 ? failed(check) : doubtful(check);
}
