import type { DemoClusterOs } from './clusteros/cluster';
import { isNodeFault, NODE_FAULTS } from './clusteros/faults';
import type { DemoLab } from './lab';

/** What may be typed into a running demo, with what it does. */
const WORDS = {
  nodes: 'the nodes of the ClusterOS clusters, and what is wrong with them',
  'off NODE': 'switch a node off, as by its button',
  'on NODE': 'switch it on again',
  'fault NODE FAULT': 'let something go wrong there from now on',
  'mend NODE': 'take its faults away',
  'finish NODE': 'end the jobs that run there, as if they were done',
} as const;

const ACTS = ['off', 'on', 'fault', 'mend', 'finish'];

/**
 * Changes the simulated ClusterOS clusters by a line that somebody typed, so that an operation can
 * be rehearsed with what may go wrong.
 * @returns what there is to say, in lines; also where the line made no sense
 */
export async function control(lab: Pick<DemoLab, 'clusteros'>, line: string): Promise<string[]> {
  const [word = '', name = '', fault = ''] = line.trim().toLowerCase().split(/\s+/);
  if (word === '') return [];
  if (word === 'help') return help();
  if (word === 'nodes') return lab.clusteros.flatMap(told);
  if (!ACTS.includes(word)) return [`"${word}" means nothing here. Type "help".`];
  const cluster = lab.clusteros.find((one) => one.nodes.some(({ spec }) => spec.name === name));
  if (cluster === undefined) {
    return [name === '' ? 'Which node? Type "nodes" or "help".' : `There is no node ${name}.`];
  }
  switch (word) {
    case 'off':
      await cluster.powerOff(name);
      return [`${name} is off.`];
    case 'on':
      await cluster.powerOn(name);
      return [`${name} is on.`];
    case 'fault':
      if (!isNodeFault(fault)) return [`There is no such fault. Type "help".`];
      cluster.faults.set(name, fault, true);
      return [`${name}: ${NODE_FAULTS[fault]}.`];
    case 'mend':
      for (const one of cluster.faults.of(name)) cluster.faults.set(name, one, false);
      return [`Nothing is wrong with ${name} any more.`];
    default:
      // a node may have crossed into another cluster since it began
      for (const one of lab.clusteros) one.finishJobs(name);
      return [`The jobs on ${name} end now.`];
  }
}

function help(): string[] {
  const faults = Object.entries(NODE_FAULTS).map(([fault, what]) => `  ${fault.padEnd(18)}${what}`);
  const words = Object.entries(WORDS).map(([words, what]) => `  ${words.padEnd(18)}${what}`);
  return ['What can be typed here:', ...words, 'FAULT is one of:', ...faults];
}

const told = ({ nodes, faults, controllers, id }: DemoClusterOs): string[] => [
  `${id}:`,
  ...nodes.map(({ spec: { name }, isOn }) => {
    const words = [
      isOn ? 'on' : 'off',
      ...(controllers.primary === name ? ['SLURM controller'] : []),
      ...faults.of(name),
    ];
    return `  ${name.padEnd(10)}${words.join(', ')}`;
  }),
];
