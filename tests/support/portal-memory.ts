import type { PortalRecord } from '#shared/domain/portal/fields';
import { naiveUtc } from '#shared/domain/portal/fields';
import type { ClusterProbe, ConfigStore, Outcome } from '#shared/domain/portal/ports';

const notFound = { ok: false, reason: 'notFound' } as const;

/** A configuration in memory, with the passwords it was given beside it. */
export class MemoryConfig implements ConfigStore {
  readonly records: PortalRecord[] = [];
  readonly passwords = new Map<number, string>();
  #next = 1;

  async list(): Promise<PortalRecord[]> {
    return [...this.records];
  }

  create: ConfigStore['create'] = async (id, { iso_storage: _iso, ...values }, password) => {
    if (this.records.some((record) => record.id === id)) return { ok: false, reason: 'duplicate' };
    const now = naiveUtc(Date.now());
    const record = { id, db_id: this.#next++, ...values, created_at: now, updated_at: now };
    if (record.is_default) this.#clearDefault();
    this.records.push(record);
    this.passwords.set(record.db_id, password);
    return { ok: true, value: record };
  };

  update: ConfigStore['update'] = async (number, { iso_storage: _iso, ...values }, password) => {
    const record = this.records.find(({ db_id }) => db_id === number);
    if (record === undefined) return notFound;
    if (values.is_default === true) this.#clearDefault();
    Object.assign(record, values, { updated_at: naiveUtc(Date.now()) });
    if (password !== '') this.passwords.set(number, password);
    return { ok: true, value: { ...record } };
  };

  async remove(number: number): Promise<Outcome<{ name: string }>> {
    const index = this.records.findIndex(({ db_id }) => db_id === number);
    const record = this.records[index];
    if (record === undefined) return notFound;
    if (this.records.length === 1) return { ok: false, reason: 'last' };
    this.records.splice(index, 1);
    return { ok: true, value: { name: record.name } };
  }

  #clearDefault(): void {
    for (const record of this.records) record.is_default = false;
  }
}

/** A live cluster as number 1; every other one cannot be reached. */
export const memoryProbe: ClusterProbe = {
  async test(number) {
    if (number === 1) return { ok: true, value: { version: '9.2.11', nodeNames: ['pve1'] } };
    return number === 2 ? { ok: false, reason: 'failed', message: 'Refused.' } : notFound;
  },
  async storages(number) {
    if (number !== 1) return notFound;
    const content = 'snippets,images,backup,iso,rootdir,vztmpl';
    const local = { storage: 'local', type: 'dir', content, active: true, enabled: true };
    return { ok: true, value: [local] };
  },
  async groups(number) {
    if (number !== 1) return notFound;
    return { ok: true, value: [{ groupid: 'ops', comment: 'operators' }] };
  },
};
