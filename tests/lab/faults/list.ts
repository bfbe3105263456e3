import { type AgentOperation, isOver } from '#shared/contract/agent/operations';
import { type Armed, arm, killAgent } from '#tests/lab/faults/arm';
import type { Fault, Turn } from '#tests/lab/faults/run';
import type { LabHost } from '#tests/lab/host';
import { STATE_DISK } from '#tests/lab/load/cluster';
import { begin, handoffTo, planOn, startOn, wishOn } from '#tests/lab/operations';
import { until } from '#tests/lab/process';

type When = NonNullable<Fault['when']>;

const SLURMCTLD = '/usr/sbin/slurmctld';

/** As soon as that many writes stand in the journal. */
const atWrite =
  (serial: number): When =>
  (operation) =>
    operation.serial >= serial;

/** When a step is about to act. @param index counted from 0 */
const atStep =
  (index: number): When =>
  ({ steps }) =>
    steps[index]?.state === 'intent';

/** When a step is about to act whose id has this in it. */
const atStepNamed =
  (part: RegExp): When =>
  ({ steps }) =>
    steps.some(({ id, state }) => part.test(id) && state === 'intent');

const atPivot: When = ({ steps }) =>
  steps.some((step) => step.class === 'pivot' && step.state === 'intent');

const pivotPassed = (operation: AgentOperation) => operation.pivot_passed;

/** A handoff that nothing happens to. */
export const calm: Fault = { name: 'none', ends: ['done'] };

/** The relay and the look at a node go with its agent. */
const WITHOUT_AGENT = 'the relay of the old controller ends with the agent there';

/**
 * The agent that coordinates is killed, on the host that is no controller. It comes back when another
 * one has taken over.
 */
export function coordinatorKilled(when: When, name: string): Fault {
  let armed: Armed | undefined;
  return {
    name: `coordinator killed ${name}`,
    async prepare(turn) {
      await letCoordinate(turn, turn.other);
      armed = arm(turn.other, killAgent(false));
    },
    when,
    async strike({ watch, other }) {
      await armed?.strike();
      // at its last write there is nothing left that anybody would take over
      await watch.first(
        (one) => isOver(one) || (one.coordinator !== other.name && one.coordinator !== ''),
      );
      await other.agent('start');
    },
    async heal({ other }) {
      armed?.drop();
      await other.agent('start');
    },
    // the next one looks at what is there and goes on
    ends: ['done'],
  };
}

export const killedAtWrite = (serial: number): Fault =>
  coordinatorKilled(atWrite(serial), `at write ${serial}`);
export const killedAtPivot: Fault = coordinatorKilled(atPivot, 'at the pivot');

/** The agent of a controller's host is killed, coordinator or not, and is started again at once. */
export function agentKilled(part: 'from' | 'to', index: number): Fault {
  let armed: Armed | undefined;
  return {
    name: `agent of the ${part === 'from' ? 'old' : 'target'} killed at step ${index + 1}`,
    prepare: async (turn) => {
      armed = arm(turn[part], killAgent(true));
    },
    when: atStep(index),
    strike: async () => armed?.strike(),
    heal: async () => armed?.drop(),
    answer: 'retry',
    ends: ['done', 'undone', 'stuck, then done', 'stuck, then undone'],
    ...(part === 'from' && { tolerates: { refused: WITHOUT_AGENT } }),
  };
}

/** A person aborts it when a step is about to act: undone before the pivot, finished after it. */
export const abortedAtStep = (index: number): Fault => ({
  name: `aborted at step ${index + 1}`,
  when: atStep(index),
  strike: async ({ other }, { id }) => void (await wishOn(other, id, 'abort')),
  ends: ['undone', 'done'],
});

/** A person thinks better of it when all is done. */
export const rolledBack: Fault = {
  name: 'rolled back after its end',
  afterwards: 'rollback',
  ends: ['done, then undone'],
};

/** The target loses its power when a step is about to act. */
export function targetDies(index: number): Fault {
  return {
    name: `target loses power at step ${index + 1}`,
    when: atStep(index),
    strike: async ({ to }) => to.poweroff(),
    heal: switchOn,
    answer: 'retry',
    ends: ['undone', 'done', 'stuck, then done', 'stuck, then undone'],
    // jobs run where the power stays; SLURM saves what it knows some seconds later
    load: { options: ['-w', 'a3'], pauseMs: 1_000 },
  };
}

/** What a power cut of a controller at work may cost by SLURM's own doing. */
const UNSAVED = 'a controller without power has not saved its last seconds';

export const targetDiesAtWork: Fault = {
  ...targetDies(0),
  name: 'target loses power right after the pivot',
  when: pivotPassed,
  tolerates: { repeated: UNSAVED, lost: UNSAVED, failed: UNSAVED },
};

const HANGS = 'a controller that hangs serves nobody';

/** The old controller hangs already when somebody asks. */
export const hangsBefore: Fault = {
  name: 'old controller hangs before the plan',
  prepare: async ({ from }) => {
    await from.sh('pkill -STOP -x slurmctld');
  },
  heal: async ({ from }) => {
    await from.exec(['pkill', '-CONT', '-x', 'slurmctld']);
  },
  ends: ['refused: checks-failed'],
  tolerates: { refused: HANGS },
};

/** The old controller hangs from the step that stops it, which is over soon. */
function hangingFrom(line: string): Pick<Fault, 'prepare' | 'when' | 'strike' | 'heal'> {
  let armed: Armed | undefined;
  return {
    prepare: async ({ from }) => {
      armed = arm(from, line);
    },
    when: atStepNamed(/^stop$/),
    strike: async () => armed?.strike(),
    heal: async ({ from }) => {
      armed?.drop();
      await from.exec(['pkill', '-CONT', '-x', 'slurmctld']);
    },
  };
}

/** The old controller does not react to its end, until the fault is healed. */
export const hangsOnStop: Fault = {
  ...hangingFrom('pkill -STOP -x slurmctld'),
  name: 'old controller hangs on its stop',
  ends: ['undone', 'stuck, then undone', 'stuck, then done'],
  tolerates: { refused: HANGS },
};

/** It hangs for a while only, from the step that stops it. */
export const hangsAWhile: Fault = {
  ...hangingFrom('pkill -STOP -x slurmctld; sleep 4; pkill -CONT -x slurmctld || true'),
  name: 'old controller hangs on its stop for 4 s',
  ends: ['done', 'undone'],
};

const RIVAL = '/run/lab/rival';
const RIVAL_LOOP = `while [ -e ${RIVAL} ]; do
  pidof slurmctld >/dev/null || { slurmctld -D & echo $! >${RIVAL}.pid; wait $!; rm -f ${RIVAL}.pid; }
  sleep 0.1
done`;

const FOREIGN = 'what somebody else started is killed when the fault is healed, whomever it serves';

/** Somebody else's supervisor starts the old controller whenever it does not run. */
export const restartedByOthers: Fault = {
  name: 'old controller is restarted by a supervisor of its own',
  prepare: async ({ from }) => {
    await from.sh(`touch ${RIVAL}; (${RIVAL_LOOP}) >/dev/null 2>&1 &`);
  },
  heal: async ({ from }) => {
    // its own child only; what the agent started has another parent
    await from.sh(`rm -f ${RIVAL}; ! [ -e ${RIVAL}.pid ] || kill "$(cat ${RIVAL}.pid)" || true`);
  },
  answer: 'retry',
  ends: ['done', 'undone', 'stuck, then done', 'stuck, then undone'],
  tolerates: { refused: FOREIGN },
};

/** The link between the two controllers is cut; both still see the third host. */
export const linkCut = (when: When, name: string): Fault => ({
  name: `link between old and target cut ${name}`,
  when,
  strike: async ({ from, to }) => loseTo(from, [to]),
  heal: loseNothing,
  answer: 'retry',
  ends: ['done', 'undone', 'stuck, then done', 'stuck, then undone'],
  // jobs run where both are seen; elsewhere SLURM tells their end to a standby, which refuses it
  load: { options: ['-w', 'a3'], pauseMs: 1_000 },
});

export const linkCutAtStart = linkCut(atStep(0), 'at the first step');
export const linkCutAtPivot: Fault = {
  ...linkCut(atPivot, 'at the pivot'),
  tolerates: { refused: 'who calls at the old place is handed on over the very link that is cut' },
};

const CUT_CLIENT = 'who submits sits on the very node that is cut off';

/** The coordinator, on the host that is no controller, sees neither of the two any more. */
export const coordinatorCutOff: Fault = {
  name: 'coordinator cut off from both controllers',
  prepare: (turn) => letCoordinate(turn, turn.other),
  when: atStep(1),
  strike: async ({ from, to, other }) => loseTo(other, [from, to]),
  heal: loseNothing,
  answer: 'retry',
  ends: ['done', 'undone'],
  tolerates: { refused: CUT_CLIENT },
};

/**
 * A worker sees neither controller any more while jobs are about to begin on it: their start is on
 * its way when the old controller ends, and the new one knows nothing of that.
 */
export const startsCutOff: Fault = {
  name: 'node cut off as jobs begin on it',
  prepare: (turn) => letCoordinate(turn, turn.to),
  when: atStep(1),
  strike: async ({ from, to, other }) => loseTo(other, [from, to]),
  heal: loseNothing,
  answer: 'retry',
  ends: ['done', 'undone'],
  tolerates: { refused: CUT_CLIENT },
  // more than it can take at once, so that there is always one about to begin
  load: { options: ['-w', 'a3'] },
};

/** etcd's leader is killed while a step acts; its supervisor starts it again. */
export const etcdLeaderKilled: Fault = {
  name: "etcd's leader killed at the pivot",
  when: atPivot,
  strike: async ({ cluster }) => {
    for (const host of cluster.hosts) {
      const { stdout } = await host.exec([
        'sh',
        '-c',
        'etcdctl endpoint status -w json | jq -r ".[0].Status | .leader == .header.member_id"',
      ]);
      if (stdout.trim() === 'true') await host.sh('kill -9 $(pidof etcd)');
    }
  },
  ends: ['done', 'undone'],
};

/** The target's disk is full when what changed of the jobs is to be copied. */
export const diskFullAtCopy: Fault = {
  name: 'disk of the target full at the copy',
  prepare: ({ to }) => mountSmall(to, '160m'),
  // what was copied ahead is there; what comes last finds no room
  when: atStepNamed(/^stop$/),
  strike: async ({ to }) => {
    await to.exec(['sh', '-c', `cat /dev/zero >${STATE_DISK}/filler`]);
  },
  heal: async ({ to }) => {
    await to.exec(['umount', '-l', STATE_DISK]);
  },
  ends: ['undone'],
};

export const diskTooSmall: Fault = {
  name: 'disk of the target too small',
  prepare: ({ to }) => mountSmall(to, '16k'),
  heal: async ({ to }) => {
    await to.exec(['umount', '-l', STATE_DISK]);
  },
  ends: ['refused: checks-failed'],
};

/** As after somebody put a file back as root: the next controller would end over it at once. */
export const wrongOwner: Fault = {
  name: 'a file of the folder with the jobs belongs to root',
  prepare: async ({ cluster, to, from }) => {
    const seen = cluster.procedure === 'A' ? to : from;
    const file = `${cluster.stateFolder}/clustername`;
    await seen.sh(`chown root:root ${file} && chmod 600 ${file}`);
  },
  heal: async ({ cluster, to, from }) => {
    const seen = cluster.procedure === 'A' ? to : from;
    await seen.sh(`chown slurm:slurm ${cluster.stateFolder}/clustername`);
  },
  ends: ['refused: checks-failed'],
};

/** The target's clock runs apart. */
export const clockApart: Fault = {
  name: "target's clock runs 90 s apart",
  prepare: async ({ to }) => {
    await to.clock('+90s');
    await answering(to);
  },
  heal: async ({ to }) => {
    await to.clock(null);
    await answering(to);
  },
  ends: ['refused: checks-failed'],
};

/** The target's controller does not start; nothing tells so before. */
export const startFails: Fault = {
  name: "target's controller does not start",
  prepare: async ({ to }) => {
    await to.sh(`cp -a ${SLURMCTLD} ${SLURMCTLD}.real`);
    await to.write(`${SLURMCTLD}.fake`, '#!/bin/sh\necho no license >&2\nexit 1\n', '0755');
  },
  // well before it is started, and after the plan's checks have asked for its version
  when: atStep(0),
  strike: async ({ to }) => {
    await to.sh(`mv ${SLURMCTLD}.fake ${SLURMCTLD}`);
  },
  heal: async ({ to }) => {
    await to.exec(['mv', '-f', `${SLURMCTLD}.real`, SLURMCTLD]);
  },
  ends: ['undone'],
};

/** Two people start at once, on two nodes: one of them is refused. */
export const twoAtOnce: Fault = {
  name: 'two operators start at once',
  async begin({ from, to, other }) {
    const answers = await Promise.allSettled(
      [from, other].map((host) => begin(host, handoffTo(to.name))),
    );
    const begun = answers.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    const [only] = begun;
    if (only === undefined) throw rejectionOf(answers);
    if (begun.length > 1) throw new Error('Both were allowed to start.');
    return only;
  },
  ends: ['done'],
};

/** A plan is approved after what it rests on has changed. */
export const stalePlan: Fault = {
  name: 'approval of a stale plan',
  async begin({ from, to, other }) {
    const plan = await planOn(other, handoffTo(to.name));
    // the target is no standby any more: another plan would have to be made
    await to.agent('stop');
    await to.sh('pkill -x slurmctld; while pidof slurmctld >/dev/null; do sleep 0.05; done');
    const refusal = await startOn(from, plan).catch((error: unknown) => error);
    await to.agent('start');
    throw refusal instanceof Error ? refusal : new Error('It was allowed to start.');
  },
  heal: async ({ to }) => to.agent('start'),
  ends: [/^refused: (plan-stale|checks-failed)$/],
};

function rejectionOf(answers: readonly PromiseSettledResult<unknown>[]): unknown {
  const rejected = answers.find((one) => one.status === 'rejected');
  return rejected?.reason;
}

/** no network card has it */
const NOBODY = '02:00:00:00:00:01';

/** Returns when a host's agent answers. */
async function answering(host: LabHost): Promise<void> {
  const answers = async () => (await host.api('/health')).status === 200;
  await until(answers, `the agent of ${host.name} to answer`, { withinMs: 60_000 });
}

/** Restarts whoever coordinates until this host does: the others stand again behind it. */
async function letCoordinate({ cluster, other }: Turn, wanted: LabHost): Promise<void> {
  const isSo = async () => {
    const name = await cluster.coordinator(other);
    const leading = cluster.hosts.find((host) => host.name === name);
    if (leading !== undefined && leading !== wanted) {
      await leading.agent('restart');
      await answering(leading);
    }
    return leading === wanted;
  };
  await until(isSo, `${wanted.name} to coordinate`, { withinMs: 60_000, everyMs: 500 });
}

async function switchOn({ to }: Turn): Promise<void> {
  if (!to.isOn) await to.poweron();
}

/** Packets to and from these hosts are lost on the way, and nobody is told. */
async function loseTo(host: LabHost, others: readonly LabHost[]): Promise<void> {
  const lose = (from: LabHost, to: LabHost) =>
    from.sh(`ip neigh replace ${to.address} lladdr ${NOBODY} dev eth0 nud permanent`);
  await Promise.all(others.flatMap((other) => [lose(host, other), lose(other, host)]));
}

async function loseNothing({ cluster }: Turn): Promise<void> {
  await Promise.all(cluster.hosts.map((host) => host.sh('ip neigh flush dev eth0 nud permanent')));
}

async function mountSmall(host: LabHost, size: string): Promise<void> {
  await host.sh(`mount -t tmpfs -o size=${size} small ${STATE_DISK}`);
}
