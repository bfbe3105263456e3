import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { TokenRole } from '#shared/contract/agent/tokens';
import { assembleCluster } from '../facts/assemble/cluster';
import { assembleJobs } from '../facts/assemble/jobs';
import { assembleLeaders } from '../facts/assemble/leaders';
import { assembleNodes } from '../facts/assemble/nodes';
import { assembleServices } from '../facts/assemble/services';
import { assembleStatus } from '../facts/assemble/status';
import type { Facts, Snapshot } from '../facts/types';

const ASSEMBLE = {
  status: assembleStatus,
  nodes: assembleNodes,
  leaders: assembleLeaders,
  services: assembleServices,
  cluster: assembleCluster,
  jobs: assembleJobs,
} satisfies Record<string, (snapshot: Snapshot) => object>;
export type DashboardName = keyof typeof ASSEMBLE;
const NAMES = Object.keys(ASSEMBLE) as DashboardName[];

const pack = promisify(gzip);

/** One answer, ready to be sent, as long as its snapshot is the last one. */
export class Body {
  readonly bytes: Buffer;
  /** strong: the same bytes have the same */
  readonly etag: string;
  #packed: Promise<Buffer> | null = null;

  constructor(text: string) {
    this.bytes = Buffer.from(text);
    const digest = createHash('sha256').update(this.bytes).digest('base64url');
    this.etag = `"${digest.slice(0, 22)}"`;
  }

  packed(): Promise<Buffer> {
    return (this.#packed ??= pack(this.bytes));
  }
}

/** The dashboard's answers, each made once per snapshot, however many ask. */
export class Bodies {
  readonly #facts: Pick<Facts, 'snapshot'>;
  readonly #texts = new Map<DashboardName, string>();
  readonly #bodies = new Map<string, Body>();
  #of: Snapshot | null = null;

  constructor(facts: Pick<Facts, 'snapshot'>) {
    this.#facts = facts;
  }

  dashboard(name: DashboardName): Body {
    this.#renew();
    return this.#body(name, () => this.#text(name));
  }

  /** The six at once, with what the asker may do. */
  overview(rights: TokenRole): Body {
    this.#renew();
    return this.#body(`overview ${rights}`, () => {
      const parts = NAMES.map((name) => `${JSON.stringify(name)}:${this.#text(name)}`);
      return `{${parts.join(',')},"rights":${JSON.stringify(rights)}}`;
    });
  }

  #renew(): void {
    const snapshot = this.#facts.snapshot();
    if (snapshot === this.#of) return;
    this.#of = snapshot;
    this.#texts.clear();
    this.#bodies.clear();
  }

  #text(name: DashboardName): string {
    const known = this.#texts.get(name);
    if (known !== undefined) return known;
    const text = JSON.stringify(ASSEMBLE[name](this.#facts.snapshot()));
    this.#texts.set(name, text);
    return text;
  }

  #body(key: string, text: () => string): Body {
    const known = this.#bodies.get(key);
    if (known !== undefined) return known;
    const made = new Body(text());
    this.#bodies.set(key, made);
    return made;
  }
}
