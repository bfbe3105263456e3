import type { CommonGround } from './ground';

/** The simulated clusters of one lab, as far as they hear of each other. */
export class DemoSites {
  readonly #grounds = new Map<string, CommonGround>();

  add(ground: CommonGround): void {
    this.#grounds.set(ground.local.identity.uuid, ground);
  }

  /** @param uuid of the cluster; null where no such one is in this lab */
  ground(uuid: string): CommonGround | null {
    return this.#grounds.get(uuid) ?? null;
  }

  /** Whether nodes of other clusters reach this one. @param id of the node */
  isReached(id: string): boolean {
    return [...this.#grounds.values()].every(({ nodes, faults }) => {
      const { name } = nodes.find((one) => one.id === id)?.spec ?? { name: '' };
      return !faults.has(name, 'bridge-cut') && !faults.has(name, 'link-cut');
    });
  }
}
