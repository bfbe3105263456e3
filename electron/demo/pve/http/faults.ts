/** What can be wrong with a server's answers. */
export type Fault =
  /** Answers after a while, in milliseconds. */
  | { kind: 'slow'; ms: number }
  /** Never answers and keeps the connection. */
  | { kind: 'hang' }
  /** Sends the body drop by drop. */
  | { kind: 'dribble'; bytes: number; everyMs: number }
  /** Announces the whole body, sends a part and hangs up. */
  | { kind: 'closeMidway'; afterBytes?: number }
  /** Hangs up without a word. */
  | { kind: 'reset' }
  /** Sends a page as a proxy in between would. */
  | { kind: 'sendHtml'; status?: number; html?: string }
  /** Sends valid JSON that has no end worth waiting for. */
  | { kind: 'hugeJson'; bytes: number }
  /** Sends text that only begins like JSON. */
  | { kind: 'malformedJson' }
  /** Sends JSON of the right shape with values of the wrong type. */
  | { kind: 'lyingJson' }
  /** Sends a bare status. */
  | { kind: 'status'; status: number; reason?: string; message?: string };

/** Which requests a fault is for; all when nothing is said. */
export interface FaultMatch {
  method?: string;
  /** An endpoint's path such as `/cluster/resources`, or a pattern for it. */
  path?: string | RegExp;
  /** How often it strikes; always when absent. */
  times?: number;
}

/** A fault that is in force. */
export interface FaultHandle {
  /** How often it struck. */
  hits(): number;
  remove(): void;
}

interface Placed {
  fault: Fault;
  match: FaultMatch;
  hits: number;
}

/** The faults a cluster's or a node's server has at the moment. */
export class FaultBoard {
  #placed: Placed[] = [];

  /** Puts a fault in force; later ones are looked at first. */
  add(fault: Fault, match: FaultMatch = {}): FaultHandle {
    const placed: Placed = { fault, match, hits: 0 };
    this.#placed.unshift(placed);
    return {
      hits: () => placed.hits,
      remove: () => {
        this.#placed = this.#placed.filter((other) => other !== placed);
      },
    };
  }

  clear(): void {
    this.#placed = [];
  }

  /** The fault this request shall meet; counts as one strike. */
  strike(method: string, path: string): Fault | undefined {
    const placed = this.#placed.find(
      ({ match, hits }) =>
        (match.times === undefined || hits < match.times) &&
        (match.method === undefined || match.method === method) &&
        matches(match.path, path),
    );
    if (placed === undefined) return undefined;
    placed.hits += 1;
    return placed.fault;
  }
}

function matches(wanted: string | RegExp | undefined, path: string): boolean {
  if (wanted === undefined) return true;
  return typeof wanted === 'string' ? wanted === path : wanted.test(path);
}
