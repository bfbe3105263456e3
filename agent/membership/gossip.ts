import type { GossipMember } from './serf/rpc';

export type { GossipMember };

/** Who is heard in the gossip of this cluster, whoever they are. */
export interface Gossip {
  /** Has the daemon run, and goes on listening to it. */
  start(tags: Record<string, string>): Promise<void>;
  /** whether the daemon answered lately */
  isRunning(): boolean;
  /** the last answer; never waits */
  members(): readonly GossipMember[];
  /** after each look, also one that found nothing new, or no daemon */
  onLook(listener: (answered: boolean) => void): () => void;
  /** @returns whether somebody answered there */
  join(address: string, port: number): Promise<boolean>;
  setTags(tags: Record<string, string>): Promise<void>;
  /** Drops a failed member. */
  drop(gossipName: string): Promise<void>;
  /** Says good-bye and stops the daemon. */
  leave(): Promise<void>;
  /** Stops listening; the daemon runs on. */
  close(): void;
}
