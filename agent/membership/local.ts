import type { MemberStatus, RoleName } from '#shared/contract/agent/dashboard';
import type { Clock } from '../ports';
import { fingerprintOf } from './challenge';
import type { ClusterIdentity, Member, Membership, MembershipEvent } from './types';

/** A node of a cluster that lives in one process, as the demo's. */
export interface LocalNode {
  id: string;
  name: string;
  address: string;
  apiPort: number;
  /** its certificate in DER */
  certificate: Uint8Array;
  roles: readonly RoleName[];
  voter: boolean;
  /** unix seconds; default: now */
  joinedAt?: number;
}

/** The nodes of one simulated cluster: who is there is what the simulation says. */
export class LocalCluster {
  readonly identity: ClusterIdentity;
  readonly #clock: Clock;
  readonly #members = new Map<string, Member>();
  readonly #listeners = new Set<(event: MembershipEvent) => void>();

  constructor(identity: ClusterIdentity, clock: Clock) {
    this.identity = identity;
    this.#clock = clock;
  }

  /** @returns membership as this node sees it */
  add(node: LocalNode): Membership {
    const now = this.#seconds();
    const { certificate, joinedAt = now, ...rest } = node;
    this.#put({
      ...rest,
      status: 'alive',
      tailscaleIp: '',
      tags: {},
      fingerprint: fingerprintOf(certificate),
      authenticated: true,
      lastSeen: now,
      joinedAt,
    });
    return this.#viewOf(node.id);
  }

  /** What gossip would find: a power-off, a return, a good-bye. */
  setStatus(id: string, status: MemberStatus): void {
    const member = this.#members.get(id);
    if (member === undefined || member.status === status) return;
    // whoever stops being alive was last seen now
    this.#put({ ...member, status, lastSeen: this.#seconds() });
  }

  /** It belongs to another cluster now. */
  remove(id: string): void {
    const member = this.#members.get(id);
    if (member === undefined) return;
    this.#members.delete(id);
    this.#tell({ ...member, status: 'left' });
  }

  /** Where its API is offered, which is known once it listens. */
  setApiPort(id: string, apiPort: number): void {
    const member = this.#members.get(id);
    if (member !== undefined) this.#put({ ...member, apiPort });
  }

  #viewOf(id: string): Membership {
    const self = (): Member => {
      const member = this.#members.get(id);
      if (member === undefined) throw new Error(`no node ${id} in this cluster`);
      return member;
    };
    const { identity } = this;
    const members = () => this.#list();
    const listeners = this.#listeners;
    const leave = async () => this.setStatus(id, 'left');
    return {
      cluster: identity,
      get self() {
        return self();
      },
      members,
      onChange(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      isRunning: () => self().status === 'alive',
      problems: () => [],
      leave,
    };
  }

  #list(): Member[] {
    const lastSeen = this.#seconds();
    return [...this.#members.values()]
      .map((member) => (member.status === 'alive' ? { ...member, lastSeen } : member))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  #put(member: Member): void {
    this.#members.set(member.id, member);
    this.#tell(member);
  }

  #tell(member: Member): void {
    for (const listener of this.#listeners) listener({ kind: 'members', member });
  }

  #seconds(): number {
    return Math.floor(this.#clock.now() / 1000);
  }
}
