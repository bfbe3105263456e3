/** Who keeps copies of the state, by node ids. */
export interface EtcdSeats {
  /** of this node; null where it keeps none */
  memberId: string | null;
  leader: string | null;
  members: {
    node: string;
    memberId: string;
    isLearner: boolean;
    /** it answers, and knows a leader */
    isAnswering: boolean;
    raftIndex: number;
  }[];
}
