import { setTimeout as sleep } from 'node:timers/promises';
import type { AgentOperation, OperationWish } from '#shared/contract/agent/operations';
import { killAgent } from '#tests/lab/faults/arm';
import type { JournalWatch } from '#tests/lab/faults/journal';
import type { LabHost } from '#tests/lab/host';
import type { TwoClusters } from '#tests/lab/merge/clusters';
import type { MergeLoad } from '#tests/lab/merge/load';
import { operationsOf, planOn, startOn, wishOn } from '#tests/lab/operations';

/** One merge under a fault, while it runs. */
export interface MergeTurn {
  readonly clusters: TwoClusters;
  readonly load: MergeLoad;
  readonly watch: JournalWatch;
}

export interface MergeFault {
  readonly name: string;
  /** When the plan is made and jobs run on both sides. */
  prepare?(turn: MergeTurn): Promise<void>;
  /** Starts it another way than by the plan on a1. @throws Refused */
  begin?(turn: MergeTurn): Promise<AgentOperation>;
  /** State of the journal at which it strikes. */
  when?(operation: AgentOperation): boolean;
  strike?(turn: MergeTurn, operation: AgentOperation): Promise<void>;
  /** Takes the fault away: when it is over, or a person is asked. */
  heal?(turn: MergeTurn): Promise<void>;
  /** What a person answers who is asked after the healing; default: retry. */
  readonly answer?: OperationWish;
  /** What a person asks for after it was done. */
  readonly afterwards?: OperationWish;
  /** one of these it must be */
  readonly ends: readonly string[];
  /** submissions of the fault's own that are to be refused */
  readonly refuses?: true;
}

/** How long a cable is out. */
const OUT_MS = 6_000;
const CONTROL = ['a1', 'a2', 'a3'];

const atStep =
  (id: RegExp): NonNullable<MergeFault['when']> =>
  ({ steps }) =>
    steps.some((step) => id.test(step.id) && step.state === 'intent');

const calm: MergeFault = { name: 'none', ends: ['done'] };

/** The agent that coordinates ends as in a crash, when a step is about to act; another one goes on. */
const coordinatorKilled = (id: string): MergeFault => ({
  name: `coordinator killed at ${id}`,
  when: atStep(new RegExp(`^${id}$`)),
  strike: killCoordinator,
  ends: ['done'],
});

async function killCoordinator(
  { clusters, watch }: MergeTurn,
  { coordinator, serial }: AgentOperation,
): Promise<void> {
  const host = clusters.host(CONTROL.includes(coordinator) ? coordinator : 'a1');
  await host.sh(killAgent(false));
  await watch.first((one) => one.serial > serial && one.coordinator !== coordinator);
  await host.agent('start');
}

/** An agent of the cluster that is taken up ends as in a crash, and is started again at once. */
const agentKilled = (name: string, id: string): MergeFault => ({
  name: `agent of ${name} killed at ${id}`,
  when: atStep(new RegExp(`^${id}$`)),
  strike: async ({ clusters }) => void (await clusters.host(name).sh(killAgent(true))),
  ends: ['done', 'stuck, then done', 'undone'],
});

/** A host loses its power while it crosses, and gets it back. */
const powerLost = (name: string): MergeFault => ({
  name: `${name} loses its power while it crosses`,
  when: atStep(new RegExp(`^cross-${name}$`)),
  async strike({ clusters }) {
    const host = clusters.host(name);
    await host.poweroff();
    await host.poweron();
  },
  ends: ['done', 'stuck, then done'],
});

/** The only way between the clusters is gone for a while. */
const bridgeLost = (name: string, id: string): MergeFault => ({
  name: `${name} cut off at ${id}`,
  when: atStep(new RegExp(`^${id}$`)),
  async strike({ clusters }) {
    const host: LabHost = clusters.host(name);
    await host.cut();
    await sleep(OUT_MS);
    await host.heal();
  },
  async heal({ clusters }) {
    if (clusters.host(name).isCut) await clusters.host(name).heal();
  },
  ends: ['done', 'stuck, then done', 'undone'],
});

/** Somebody opens the drained cluster again, and a job slips in: it is carried like the others. */
const slippedIn: MergeFault = {
  name: 'a job submitted after the drain',
  when: atStep(/^empty-b2$/),
  async strike({ clusters, load }) {
    await load.taken.submit(0.5);
    await clusters.host('b1').must(['scontrol', 'update', 'PartitionName=batch', 'State=UP']);
    await load.taken.submit(0.5, ['--begin=now+5']);
  },
  ends: ['done'],
  refuses: true,
};

/** A job outlasts all patience: a person gives up, and both are as before. */
const neverEmpty: MergeFault = {
  name: 'a node that does not empty, given up',
  prepare: async ({ load }) => void (await load.taken.submit(60, ['-w', 'b2', '--oversubscribe'])),
  when: atStep(/^empty-b2$/),
  strike: async ({ clusters }, { id }) => void (await wishOn(clusters.host('a1'), id, 'abort')),
  ends: ['undone'],
};

/** munge does not start with the other key: halted, mended, resumed. */
const mungeFails: MergeFault = {
  name: 'munge fails on b2, mended and resumed',
  when: atStep(/^cross-b2$/),
  async strike({ clusters }) {
    await clusters
      .host('b2')
      .sh(
        "mv /usr/sbin/munged /usr/sbin/munged.good && printf '#!/bin/sh\\nexit 1\\n' >/usr/sbin/munged && chmod 755 /usr/sbin/munged",
      );
  },
  async heal({ clusters }) {
    await clusters
      .host('b2')
      .sh('[ ! -e /usr/sbin/munged.good ] || mv /usr/sbin/munged.good /usr/sbin/munged');
  },
  ends: ['stuck, then done'],
};

/** Between approval and start a user whose job waits gets another number in one of both. */
const collision: MergeFault = {
  name: 'a user gets another number after the plan',
  async begin({ clusters, load }) {
    const { error } = await load.taken.submit(0.5, ['--uid=games', '--gid=games']);
    if (error !== '') throw new Error(error);
    const plan = await planOn(clusters.host('a1'), await clusters.request());
    for (const host of clusters.staying) await host.sh('usermod -u 4999 games');
    return startOn(clusters.host('a1'), plan);
  },
  async heal({ clusters }) {
    for (const host of clusters.staying) await host.sh('usermod -u 5 games');
  },
  ends: ['refused: plan-stale', 'refused: checks-failed'],
};

/** Another operation of the cluster that is taken up is asked for meanwhile. */
const otherOperation: MergeFault = {
  name: 'an operation of the other cluster meanwhile',
  when: atStep(/^empty-b2$/),
  async strike({ clusters }) {
    const b1 = clusters.host('b1');
    const plan = await planOn(b1, { kind: 'leave', params: { node: 'b2' } });
    const started = await startOn(b1, plan).then(
      () => true,
      () => false,
    );
    if (started) throw new Error('Two operations run in one cluster.');
  },
  ends: ['done'],
};

const twice: MergeFault = {
  name: 'started twice at once',
  async begin({ clusters }) {
    const plan = await planOn(clusters.host('a1'), await clusters.request());
    const asked = ['a1', 'a2'].map((name) => startOn(clusters.host(name), plan));
    return onlyOne(await Promise.allSettled(asked));
  },
  ends: ['done'],
};

/** Each side is asked to take up the other: one of them does, and the other is held. */
const bothWays: MergeFault = {
  name: 'asked for in both directions at once',
  async begin({ clusters }) {
    const { a } = await clusters.cards();
    const [a1, b1] = [clusters.host('a1'), clusters.host('b1')];
    const ours = await planOn(a1, await clusters.request());
    const theirs = await planOn(b1, { kind: 'merge', params: { losing: a.cluster.uuid } });
    const started = await startOn(a1, ours);
    await startOn(b1, theirs).catch(() => undefined);
    return started;
  },
  async heal({ clusters }) {
    const active = await operationsOf(clusters.host('b1'));
    for (const { id, state } of active.filter((one) => one.kind === 'merge')) {
      if (state === 'stuck') await wishOn(clusters.host('b1'), id, 'abort').catch(() => undefined);
    }
  },
  // where each holds the other, both give way
  ends: ['done', 'undone', 'stuck, then done', 'stuck, then undone'],
};

const rolledBack: MergeFault = {
  name: 'rolled back after its end',
  afterwards: 'rollback',
  ends: ['done, then undone'],
};

const rollbackKilled: MergeFault = {
  name: 'coordinator killed in the rollback',
  afterwards: 'rollback',
  when: ({ steps }) => steps.some(({ id, state }) => id === 'cross-b2' && state === 'undoing'),
  strike: killCoordinator,
  ends: ['done, then undone'],
};

function onlyOne(started: readonly PromiseSettledResult<AgentOperation>[]): AgentOperation {
  const [first, ...more] = started.flatMap((one) =>
    one.status === 'fulfilled' ? [one.value] : [],
  );
  if (first === undefined || more.length > 0) throw new Error(`${more.length + 1} were started.`);
  return first;
}

/** Every fault; those at each step by the steps that a calm merge had. */
export function mergeFaults(steps: readonly string[]): MergeFault[] {
  const phases = ['lock', 'keep', 'carry', 'cross-b2', 'cross-b1', 'verify'];
  return [
    ...steps.map(coordinatorKilled),
    ...steps.map((id) => agentKilled('b1', id)),
    agentKilled('b2', 'keep'),
    agentKilled('b2', 'cross-b2'),
    powerLost('b2'),
    powerLost('b1'),
    ...phases.map((id) => bridgeLost('b1', id)),
    ...['keep', 'cross-b2', 'cross-b1'].map((id) => bridgeLost('b2', id)),
    slippedIn,
    neverEmpty,
    mungeFails,
    collision,
    otherOperation,
    twice,
    bothWays,
    rolledBack,
    rollbackKilled,
  ];
}

/** A merge that nothing happens to, and those that every run of the tests has. */
export const CALM = calm;
export const USUAL: readonly MergeFault[] = [
  coordinatorKilled('cross-b2'),
  agentKilled('b2', 'cross-b2'),
  slippedIn,
  rollbackKilled,
];
