import { z } from 'zod';
import { Failure, fail } from '#shared/contract/errors';
import type { GuestRow } from '#shared/contract/inventory';
import { list, text } from '../pve/schemas/loose';
import type { PveClient, PveClients } from '../pve/types';

export interface GuestView {
  kind: 'qemu' | 'lxc';
  config: Record<string, string>;
  status: Record<string, string | number | null>;
  addresses: Array<{ interface: string; address: string }>;
  addressesNote: string | null;
}

export interface GuestsDeps {
  clients: Pick<PveClients, 'get'>;
  guest(uuid: string, guestId: string): GuestRow | undefined;
}

type Addresses = Pick<GuestView, 'addresses' | 'addressesNote'>;

/** Kept back: a masked password helps nobody, and a digest only programs. */
const HIDDEN = new Set(['cipassword', 'digest']);

const record = z.record(z.string(), z.unknown());
const agentAnswer = z.object({
  result: z.array(
    z.looseObject({
      name: z.string(),
      'ip-addresses': z.array(z.looseObject({ 'ip-address': z.string() })).optional(),
    }),
  ),
});
const lxcAnswer = z.array(
  z.looseObject({ name: z.string(), inet: text.optional(), inet6: text.optional() }),
);

/** One guest's configuration, state and addresses, read from the cluster now. */
export class Guests {
  readonly #deps: GuestsDeps;

  constructor(deps: GuestsDeps) {
    this.#deps = deps;
  }

  /** @throws Failure GUEST_NOT_FOUND and those of the connection */
  async show(uuid: string, guestId: string): Promise<GuestView> {
    const guest = this.#deps.guest(uuid, guestId);
    if (guest === undefined) {
      throw fail('GUEST_NOT_FOUND', { remedy: 'It was removed; refresh the list.' });
    }
    const client = this.#deps.clients.get(uuid);
    const path = `/nodes/${guest.node}/${guestId}`;
    const [config, status] = await Promise.all([
      client.call('GET', `${path}/config`),
      client.call('GET', `${path}/status/current`),
    ]);
    const settings = texts(config.data);
    const state = scalars(status.data);
    const found = await this.#addresses(client, path, guest.kind, settings, state);
    return { kind: guest.kind, config: settings, status: state, ...found };
  }

  async #addresses(
    client: Pick<PveClient, 'call'>,
    path: string,
    kind: GuestRow['kind'],
    config: GuestView['config'],
    status: GuestView['status'],
  ): Promise<Addresses> {
    const none = (addressesNote: string): Addresses => ({ addresses: [], addressesNote });
    if (status.status !== 'running') return none('It has no addresses while it does not run.');
    if (kind === 'qemu' && !agentEnabled(config.agent)) {
      return none('Enable the guest agent to see its addresses.');
    }
    const call = kind === 'qemu' ? 'agent/network-get-interfaces' : 'interfaces';
    try {
      const { data } = await client.call('GET', `${path}/${call}`, undefined, { deadlineMs: 8000 });
      const addresses = kind === 'qemu' ? ofAgent(data) : ofContainer(data);
      return { addresses, addressesNote: addresses.length > 0 ? null : 'It has no addresses yet.' };
    } catch (error) {
      if (error instanceof Failure) return none(why(error, kind));
      throw error;
    }
  }
}

function why({ code, data }: Failure, kind: GuestRow['kind']): string {
  if (code === 'PERMISSION_DENIED') return data.remedy;
  if (code === 'UNSUPPORTED') return 'This release does not tell the addresses of containers.';
  return kind === 'qemu'
    ? 'The guest agent does not answer: install and start it inside the guest.'
    : 'The addresses cannot be read at the moment.';
}

/** `1`, `enabled=1,fstrim_cloned_disks=1`, ... */
function agentEnabled(agent: string | undefined): boolean {
  return /^(1|enabled=1)(,|$)|,enabled=1(,|$)/.test(agent ?? '');
}

function texts(data: unknown): Record<string, string> {
  const entries = Object.entries(record.parse(data))
    .filter(([key, value]) => !HIDDEN.has(key) && value !== null && typeof value !== 'object')
    .map(([key, value]): [string, string] => [key, String(value)])
    .toSorted(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }));
  return Object.fromEntries(entries);
}

function scalars(data: unknown): GuestView['status'] {
  const found: GuestView['status'] = {};
  for (const [key, value] of Object.entries(record.parse(data))) {
    if (value === null || typeof value === 'string' || typeof value === 'number')
      found[key] = value;
    else if (typeof value === 'boolean') found[key] = Number(value);
  }
  return found;
}

function ofAgent(data: unknown): GuestView['addresses'] {
  const { result } = agentAnswer.parse(data);
  return result.flatMap((each) =>
    (each['ip-addresses'] ?? []).flatMap((one) => shown(each.name, one['ip-address'])),
  );
}

function ofContainer(data: unknown): GuestView['addresses'] {
  return lxcAnswer
    .parse(data ?? [])
    .flatMap(({ name, inet, inet6 }) =>
      [inet, inet6].flatMap((one) => list.parse(one).flatMap((address) => shown(name, address))),
    );
}

/** Loopback and link-local addresses reach nobody. */
function shown(name: string, address: string): GuestView['addresses'] {
  const bare = address.replace(/\/\d+$/, '');
  return name === 'lo' || /^(127\.|::1$|fe80:)/i.test(bare)
    ? []
    : [{ interface: name, address: bare }];
}
