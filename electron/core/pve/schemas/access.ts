import { z } from 'zod';
import { flag, readOne, readRows, text } from './loose';

const ticketAnswer = z.object({
  ticket: z.string(),
  CSRFPreventionToken: z.string().default(''),
  NeedTFA: flag,
});

/** The answer of `POST /access/ticket`; with `challenge` the ticket is only half of one. */
export interface Ticket {
  ticket: string;
  csrf: string;
  challenge: boolean;
}

export function readTicket(data: unknown): Ticket {
  const { ticket, CSRFPreventionToken: csrf, NeedTFA } = readOne(data, ticketAnswer);
  return { ticket, csrf, challenge: NeedTFA || ticket.startsWith('PVE:!') };
}

/** The second factors a half ticket names: `totp`, `recovery`, `yubico`, `webauthn`, `u2f`. */
export function factorsOf(halfTicket: string): string[] {
  const [, packed] = /^PVE:!tfa!(.*):[0-9A-Fa-f]{8}::/.exec(halfTicket) ?? [];
  if (packed === undefined) return [];
  const challenge = z.record(z.string(), z.unknown()).safeParse(unpack(packed));
  if (!challenge.success) return [];
  const offered = (value: unknown) =>
    Boolean(value) && !(Array.isArray(value) && value.length === 0);
  return Object.keys(challenge.data).filter((name) => offered(challenge.data[name]));
}

function unpack(packed: string): unknown {
  try {
    return JSON.parse(decodeURIComponent(packed));
  } catch {
    return null;
  }
}

/** Path -> privilege -> whether it reaches the paths below. */
export type Permissions = Record<string, Record<string, boolean>>;

/** `GET /access/permissions`; a token with privilege separation and no grants has `{}`. */
export function readPermissions(data: unknown): Permissions {
  return readOne(data ?? {}, z.record(z.string(), z.record(z.string(), flag)));
}

/** `GET /access/roles` as role -> privileges. */
export function readRoles(data: unknown): Map<string, string[]> {
  const role = z.object({ roleid: z.string(), privs: text });
  const { rows } = readRows(data, role);
  return new Map(rows.map((r) => [r.roleid, (r.privs ?? '').split(',').filter((p) => p !== '')]));
}

/** `GET /access/users` as user ids. */
export function readUserIds(data: unknown): string[] {
  return readRows(data, z.object({ userid: z.string() })).rows.map((row) => row.userid);
}

/** `GET /access/users/{user}/token` as token names. */
export function readTokenNames(data: unknown): string[] {
  return readRows(data, z.object({ tokenid: z.string() })).rows.map((row) => row.tokenid);
}

/** `POST /access/users/{user}/token/{name}`: the only time the secret is shown. */
export function readNewToken(data: unknown): { tokenId: string; secret: string } {
  const answer = readOne(data, z.object({ 'full-tokenid': z.string(), value: z.string().min(1) }));
  return { tokenId: answer['full-tokenid'], secret: answer.value };
}
