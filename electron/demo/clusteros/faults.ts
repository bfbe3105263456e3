/** What may be wrong with one simulated node, so that an operation can be rehearsed against it. */
export const NODE_FAULTS = {
  'start-fails': 'slurmctld ends at once when it is started',
  'stop-hangs': 'slurmctld does not end when it is told to',
  'disk-full': 'there is no room for a copy of the jobs',
  'clock-ahead': 'its clock is 42 seconds ahead',
  'pods-blocked': 'disruption budgets let no pod go from it',
  'agent-slow': 'its agent takes four seconds longer for whatever an operation asks of it',
  'link-cut': 'the other nodes do not reach its agent',
  'bridge-cut': 'the nodes of other clusters do not reach its agent',
  'kept-damaged': 'what it keeps for a way back is not whole, so that it crosses nowhere',
  'join-fails': 'it finds nobody in a cluster that it crosses to, and goes back',
  'munge-fails': 'its munge accepts no credential of another node',
} as const;

export type NodeFault = keyof typeof NODE_FAULTS;

export const isNodeFault = (word: string): word is NodeFault => word in NODE_FAULTS;

/** Which faults are in force on which nodes of one cluster. */
export class NodeFaults {
  readonly #active = new Map<string, Set<NodeFault>>();

  /** @param beginning faults that are there from the start, by name of the node */
  constructor(beginning: readonly (readonly [string, NodeFault])[]) {
    for (const [node, fault] of beginning) this.set(node, fault, true);
  }

  has(node: string, fault: NodeFault): boolean {
    return this.#active.get(node)?.has(fault) ?? false;
  }

  set(node: string, fault: NodeFault, isOn: boolean): void {
    const faults = this.#active.get(node) ?? new Set();
    if (isOn) faults.add(fault);
    else faults.delete(fault);
    this.#active.set(node, faults);
  }

  /** What is wrong with a node now. */
  of(node: string): readonly NodeFault[] {
    return [...(this.#active.get(node) ?? [])];
  }
}
