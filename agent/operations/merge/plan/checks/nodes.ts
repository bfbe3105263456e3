import type { PlanCheck } from '#shared/contract/agent/operations';
import { doubtful, failed, fine } from '../../../departure/checks';
import type { Asked, Survey } from '../survey';
import { some } from './words';

/** munge and the order of what happened need clocks that agree about so far */
const SKEW_MS = 5_000;
const SMALL_SKEW_MS = 1_000;
/** for what is written beside, and for what grows meanwhile */
const SPARE_BYTES = 64 * 1024 * 1024;
const MIB = 1024 * 1024;
/** The steps of more nodes would not fit into the journal, which is one value of the shared state. */
const MOST_NODES = 500;

/** About each node that crosses, and those it crosses to. */
export function nodeChecks(seen: Survey): PlanCheck[] {
  return [
    ...size(seen),
    answering(seen),
    ...staying(seen),
    reaching(seen),
    agents(seen),
    clocks(seen),
    room(seen),
  ];
}

const named = (those: readonly Asked[]) => some(those.map(({ node }) => node.name));
const oneOf = (those: readonly Asked[]) =>
  those.length === 1 ? { node: those[0]?.node.name ?? '' } : {};

function size({ losing, crossers, gaining }: Survey): PlanCheck[] {
  if (crossers.length <= MOST_NODES) return [];
  return [
    failed({
      id: 'size',
      title: 'One merge can hold it',
      detail: `${losing.cluster.name} has ${crossers.length} nodes; one merge takes up ${MOST_NODES} at most.`,
      remedy: `Let ${gaining.cluster.name} be taken up where it is smaller, or let nodes leave and enrol them there.`,
    }),
  ];
}

/** One that stays behind would be a cluster of its own, with the same name and key. */
function answering({ crossers, losing }: Survey): PlanCheck {
  const found = { id: 'nodes', title: `All nodes of ${losing.cluster.name} answer` };
  const silent = crossers.filter(({ look }) => look === null);
  const [first] = silent;
  if (first === undefined) {
    return fine({ ...found, detail: `${crossers.length} of ${crossers.length} do.` });
  }
  const why = silent.length === 1 ? ` ${first.why}` : '';
  return failed({
    ...found,
    ...oneOf(silent),
    detail: `${named(silent)} ${silent.length === 1 ? 'does' : 'do'} not.${why}`,
    remedy: `Bring them back. One that is gone for good: node-agent forget ${first.node.name}`,
  });
}

/** They carry the merge out; one that is away hears of it when it is back. */
function staying({ gaining, stayers }: Survey): PlanCheck[] {
  const asked = new Set(stayers.filter(({ look }) => look !== null).map(({ node }) => node.id));
  const silent = gaining.members.filter(({ id }) => !asked.has(id)).map(({ name }) => name);
  const found = { id: 'nodes-gaining', title: `The nodes of ${gaining.cluster.name} answer` };
  if (silent.length === 0)
    return [fine({ ...found, detail: `${asked.size} of ${asked.size} do.` })];
  const detail = `${some(silent)} ${silent.length === 1 ? 'does' : 'do'} not, and could not be compared.`;
  return [doubtful({ ...found, detail, remedy: 'Bring them back first where you can.' })];
}

/** A node that cannot reach the others would be in neither cluster. */
function reaching({ crossers, gaining }: Survey): PlanCheck {
  const found = { id: 'reach', title: 'The nodes reach each other' };
  const cut = crossers.filter(({ look }) => (look?.unreached.length ?? 0) > 0);
  const [first] = cut;
  if (first === undefined) {
    return fine({ ...found, detail: `All reach the agents of ${gaining.cluster.name}.` });
  }
  return failed({
    ...found,
    ...oneOf(cut),
    detail: `${named(cut)} cannot reach ${some(first.look?.unreached ?? [])}.`,
    remedy: 'Open the way between them: the port of the agents, and those of serf, etcd and SLURM.',
  });
}

/** What nodes say to each other is settled by their version. */
function agents({ crossers, stayers }: Survey): PlanCheck {
  const found = { id: 'agents', title: 'All agents have one version' };
  const all = [...stayers, ...crossers].filter(({ look }) => look !== null);
  const wanted = stayers.find(({ look }) => look !== null)?.look?.agentVersion ?? '';
  const other = all.filter(({ look }) => look?.agentVersion !== wanted);
  const [first] = other;
  if (first === undefined) return fine({ ...found, detail: `${wanted} everywhere.` });
  return failed({
    ...found,
    ...oneOf(other),
    detail: `${named(other)} ${other.length === 1 ? 'has' : 'have'} ${first.look?.agentVersion}, the others have ${wanted}.`,
    remedy: `Install the same version of the node agent on all nodes of both clusters.`,
  });
}

function clocks({ crossers, stayers }: Survey): PlanCheck {
  const found = { id: 'clocks', title: 'The clocks agree' };
  const all = [...stayers, ...crossers];
  const [earliest, latest] = [Math.min, Math.max].map((most) =>
    most(0, ...all.map(({ skewMs }) => skewMs)),
  );
  const apartMs = (latest ?? 0) - (earliest ?? 0);
  if (apartMs <= SMALL_SKEW_MS) return fine({ ...found, detail: 'They agree within a second.' });
  const off = all.filter(({ skewMs }) => Math.abs(skewMs) > SMALL_SKEW_MS / 2);
  const detail = `They are ${(apartMs / 1000).toFixed(1)} s apart: look at ${named(off)}.`;
  const remedy = 'Let chrony or systemd-timesyncd keep the clocks of all nodes.';
  const check = { ...found, ...oneOf(off), detail, remedy };
  return apartMs > SKEW_MS ? failed(check) : doubtful(check);
}

/** What is kept for the way back is moved aside, and copied where that cannot be. */
function room({ crossers }: Survey): PlanCheck {
  const found = { id: 'disk', title: 'There is room for the way back' };
  const full = crossers.filter(
    ({ look }) => look !== null && look.freeBytes < look.keepBytes * 1.2 + SPARE_BYTES,
  );
  const [first] = full;
  if (first === undefined) return fine({ ...found, detail: 'On every node that crosses.' });
  const needed = Math.ceil(((first.look?.keepBytes ?? 0) * 1.2 + SPARE_BYTES) / MIB);
  return failed({
    ...found,
    ...oneOf(full),
    detail: `There is too little on ${named(full)}.`,
    remedy: `Make room for ${needed} MiB where identity.state_dir lies.`,
  });
}
