import { z } from 'zod';
import { Failure, fail } from '#shared/contract/errors';
import { naiveUtc, type PortalRecord, type PortalValues } from '#shared/domain/portal/fields';
import type { ConfigStore, Outcome } from '#shared/domain/portal/ports';
import type { Clock } from '../../ports';
import type { Condition, Entry, State, Write } from '../../state/types';

const PREFIX = 'portal/';
/** Written by every change, so that two changes at once cannot both hold. */
const GUARD = 'portal-guard';
/** Two desks that change something at the same moment are rare; more is somebody's fault. */
const MAX_TRIES = 8;

const text = z.string().nullable();
const flag = z.boolean();
const record = z.object({
  id: z.string(),
  number: z.number().int().positive(),
  /** ms since 1970 */
  createdAt: z.number(),
  updatedAt: z.number(),
  values: z.object({
    name: z.string(),
    host: z.string(),
    port: z.number(),
    user: z.string(),
    verify_ssl: flag,
    is_default: flag,
    is_active: flag,
    allow_vm_deployment: flag,
    allow_template_sync: flag,
    allow_iso_sync: flag,
    auto_shutdown_enabled: flag,
    priority: z.number(),
    default_storage: text,
    template_storage: text,
    iso_storage: text,
    qcow2_template_path: text,
    qcow2_images_path: text,
    admin_group: text,
    admin_users: text,
    arp_subnets: text,
    vm_cache_ttl: z.number().nullable(),
    enable_ip_lookup: flag.nullable(),
    enable_ip_persistence: flag.nullable(),
    description: text,
  }) satisfies z.ZodType<PortalValues>,
});
type Kept = z.infer<typeof record>;
const guard = z.object({ next: z.number().int().positive() });

interface Deps {
  state: Pick<State, 'get' | 'list' | 'commit'>;
  clock: Pick<Clock, 'now'>;
  /** told after a change */
  onChange(action: 'create' | 'update' | 'remove', clusterId: string): Promise<void>;
}

interface Look {
  kept: Kept[];
  /** the number that a new one gets */
  next: number;
  unchanged: Condition;
}

const NO_SECRETS =
  "The password was not taken: this configuration is shared by a cluster's nodes and holds no secrets. Send an empty password; each desk keeps its own.";

/** The team's configuration in the cluster's shared state: it survives the loss of any node. */
export class StateConfig implements ConfigStore {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  async list(): Promise<PortalRecord[]> {
    const entries = await this.#deps.state.list(PREFIX, { stale: true });
    return entries.flatMap(read).map(shown);
  }

  create(
    clusterId: string,
    values: PortalValues,
    password: string,
  ): Promise<Outcome<PortalRecord>> {
    if (password !== '') return Promise.resolve(withSecret());
    return this.#changed('create', clusterId, ({ kept, next }) => {
      if (kept.some(({ id }) => id === clusterId)) return { ok: false, reason: 'duplicate' };
      const now = this.#deps.clock.now();
      const made = { id: clusterId, number: next, createdAt: now, updatedAt: now, values };
      return {
        ok: true,
        value: { written: [made, ...this.#demoted(kept, made)], told: shown(made) },
      };
    });
  }

  update(
    number: number,
    values: Partial<PortalValues>,
    password: string,
  ): Promise<Outcome<PortalRecord>> {
    if (password !== '') return Promise.resolve(withSecret());
    return this.#changed('update', null, ({ kept }) => {
      const before = kept.find((one) => one.number === number);
      if (before === undefined) return { ok: false, reason: 'notFound' };
      const updatedAt = this.#deps.clock.now();
      const after = { ...before, updatedAt, values: { ...before.values, ...values } };
      return {
        ok: true,
        value: { written: [after, ...this.#demoted(kept, after)], told: shown(after) },
      };
    });
  }

  remove(number: number): Promise<Outcome<{ name: string }>> {
    return this.#changed('remove', null, ({ kept }) => {
      const gone = kept.find((one) => one.number === number);
      if (gone === undefined) return { ok: false, reason: 'notFound' };
      if (kept.length === 1) return { ok: false, reason: 'last' };
      return { ok: true, value: { written: [], removed: gone, told: { name: gone.values.name } } };
    });
  }

  /** At most one is the default: the others lose it with the same commit. */
  #demoted(kept: readonly Kept[], chosen: Kept): Kept[] {
    if (!chosen.values.is_default) return [];
    return kept
      .filter((one) => one.number !== chosen.number && one.values.is_default)
      .map((one) => ({
        ...one,
        updatedAt: this.#deps.clock.now(),
        values: { ...one.values, is_default: false },
      }));
  }

  /** Looks, decides, and writes if nothing changed since; else looks again. */
  async #changed<T>(
    action: 'create' | 'update' | 'remove',
    clusterId: string | null,
    decide: (look: Look) => Outcome<{ written: Kept[]; removed?: Kept; told: T }>,
  ): Promise<Outcome<T>> {
    try {
      for (let tries = 0; tries < MAX_TRIES; tries += 1) {
        const look = await this.#look();
        const decided = decide(look);
        if (!decided.ok) return decided;
        const { written, removed, told } = decided.value;
        const next = action === 'create' ? look.next + 1 : look.next;
        const writes: Write[] = [
          { key: GUARD, put: { next } },
          ...written.map((one) => ({ key: keyOf(one), put: one })),
          ...(removed === undefined ? [] : [{ key: keyOf(removed), delete: true as const }]),
        ];
        if ((await this.#deps.state.commit([look.unchanged], writes)) === null) continue;
        await this.#deps.onChange(action, clusterId ?? written[0]?.id ?? removed?.id ?? '');
        return { ok: true, value: told };
      }
      throw fail('REVISION_CHANGED', { remedy: 'Try again.' });
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      return { ok: false, reason: 'unavailable', message: `${error.message} ${error.data.remedy}` };
    }
  }

  async #look(): Promise<Look> {
    const { state } = this.#deps;
    // the guard is read first: what changes in between makes the commit fail
    const found = await state.get(GUARD);
    const kept = (await state.list(PREFIX)).flatMap(read);
    const parsed = guard.safeParse(found?.value);
    const highest = Math.max(0, ...kept.map(({ number }) => number));
    return {
      kept,
      next: Math.max(parsed.success ? parsed.data.next : 1, highest + 1),
      unchanged:
        found === null
          ? { key: GUARD, is: 'absent' }
          : { key: GUARD, is: 'unchangedSince', modRevision: found.modRevision },
    };
  }
}

const keyOf = ({ number }: Kept) => `${PREFIX}${number}`;

const withSecret = () => ({ ok: false, reason: 'refused', message: NO_SECRETS }) as const;

function read({ value }: Entry): Kept[] {
  const parsed = record.safeParse(value);
  return parsed.success ? [parsed.data] : [];
}

function shown({ id, number, createdAt, updatedAt, values }: Kept): PortalRecord {
  const { iso_storage: _taken, ...told } = values;
  const times = { created_at: naiveUtc(createdAt), updated_at: naiveUtc(updatedAt) };
  return { id, db_id: number, ...told, ...times };
}
