import { expect, test } from 'vitest';
import { z } from 'zod';
import { totpCode } from '#electron/demo/pve/access/totp';
import { DirectSite } from './direct';

const NOBODY = {};
const HOUR = 3_600_000;
const ticketAnswer = z.looseObject({ ticket: z.string(), CSRFPreventionToken: z.string() });

function login(lab: DirectSite, username: string, password: string, more = {}) {
  return lab.ask('POST', '/access/ticket', { username, password, ...more }, NOBODY);
}

function withSecondFactor(): { lab: DirectSite; secret: Buffer } {
  const lab = new DirectSite();
  const secret = Buffer.from('a shared secret of 20');
  const user = lab.site.directory.addUser('otto@pve', 'pw');
  user.totp = { id: 't', description: '', createdSeconds: 0, secret, lastStep: 0 };
  user.recovery.set(0, 'aaaa-bbbb-cccc-dddd');
  return { lab, secret };
}

test('a ticket lives two hours and buys a new one as long as it lives', () => {
  const lab = new DirectSite();
  const { ticket } = ticketAnswer.parse(login(lab, 'root@pam', 'secret').data);
  lab.pass(1.9 * HOUR);
  expect(lab.ask('GET', '/version', {}, { ticket }).status).toBe(200);
  const renewed = ticketAnswer.parse(login(lab, 'root@pam', ticket).data);
  lab.pass(0.2 * HOUR);
  expect(lab.ask('GET', '/version', {}, { ticket })).toMatchObject({
    status: 401,
    reason: 'Authentication failed!',
  });
  expect(login(lab, 'root@pam', ticket).status).toBe(401);
  expect(lab.ask('GET', '/version', {}, { ticket: renewed.ticket }).status).toBe(200);
});

test('a ticket renews nobody but its own user', () => {
  const lab = new DirectSite();
  lab.site.directory.addUser('bob@pve', 'x');
  const { ticket } = lab.root();
  expect(login(lab, 'bob@pve', ticket).status).toBe(401);
});

test('changes need the CSRF token of the same user, reading does not', () => {
  const lab = new DirectSite();
  const { ticket, csrf } = lab.root();
  const create = (token: string | undefined) =>
    lab.ask('POST', '/pools', { poolid: 'p' }, { ticket, ...(token && { csrf: token }) });
  expect(create(undefined).reason).toBe('Permission denied - invalid csrf token');
  expect(create(lab.site.tickets.csrf('bob@pve', lab.nowMs / 1000)).status).toBe(401);
  expect(create(csrf).status).toBe(200);
});

test('rotated keys make every ticket worthless', () => {
  const lab = new DirectSite();
  const { ticket } = lab.root();
  lab.site.tickets.rotate();
  expect(lab.ask('GET', '/version', {}, { ticket }).status).toBe(401);
});

test('a second factor takes one code once, and a recovery key once', () => {
  const { lab, secret } = withSecondFactor();
  const half = z.looseObject({ ticket: z.string(), NeedTFA: z.literal(1) });
  const challenge = half.parse(login(lab, 'otto@pve', 'pw').data).ticket;
  expect(lab.ask('GET', '/version', {}, { ticket: challenge }).status).toBe(401);
  const answer = (password: string) =>
    login(lab, 'otto@pve', password, { 'tfa-challenge': challenge }).status;
  const code = totpCode(secret, lab.nowMs / 1000);
  expect(answer('totp:000000')).toBe(401);
  expect(answer(`totp:${code}`)).toBe(200);
  expect(answer(`totp:${code}`)).toBe(401);
  expect(answer('recovery:aaaa-bbbb-cccc-dddd')).toBe(200);
  expect(answer('recovery:aaaa-bbbb-cccc-dddd')).toBe(401);
});

test('a half ticket answers for its own user and for five minutes', () => {
  const { lab, secret } = withSecondFactor();
  const challenge = ticketAnswer.parse(login(lab, 'otto@pve', 'pw').data).ticket;
  lab.pass(6 * 60_000);
  const code = totpCode(secret, lab.nowMs / 1000);
  expect(login(lab, 'otto@pve', `totp:${code}`, { 'tfa-challenge': challenge }).status).toBe(401);
});

test('the code is the one of RFC 6238', () => {
  const secret = Buffer.from('12345678901234567890');
  expect(totpCode(secret, 59)).toBe('287082');
  expect(totpCode(secret, 1_111_111_109)).toBe('081804');
});

test('a least-privilege token can be minted with a password and does what it was made for', () => {
  const lab = new DirectSite();
  const as = lab.root();
  const privs = 'Sys.Audit,VM.Audit,VM.PowerMgmt,Datastore.Audit';
  expect(lab.ask('POST', '/access/roles', { roleid: 'Deck', privs }, as).status).toBe(200);
  expect(lab.ask('POST', '/access/users', { userid: 'deck@pve' }, as).status).toBe(200);
  const grant = (subject: Record<string, string>) =>
    lab.ask('PUT', '/access/acl', { path: '/', roles: 'Deck', ...subject }, as).status;
  expect(grant({ users: 'deck@pve' })).toBe(200);
  const made = lab.ask('POST', '/access/users/deck@pve/token/desk', { privsep: '1' }, as);
  const { value } = z.looseObject({ value: z.string() }).parse(made.data);
  const token = { token: `deck@pve!desk=${value}` };
  expect(lab.ask('GET', '/access/permissions', {}, token).data).toEqual({});
  expect(lab.ask('GET', '/cluster/status', {}, token).reason).toBe(
    'Permission check failed (/, Sys.Audit)',
  );
  expect(grant({ tokens: 'deck@pve!desk' })).toBe(200);
  expect(lab.ask('GET', '/cluster/status', {}, token).status).toBe(200);
  expect(lab.ask('PUT', '/nodes/pve-01/qemu/101/config', { cores: '9' }, token).status).toBe(403);
  expect(lab.ask('DELETE', '/access/users/deck@pve/token/desk', {}, as).status).toBe(200);
  expect(lab.ask('GET', '/version', {}, token).status).toBe(401);
});

test('a disabled user and an expired token are refused', () => {
  const lab = new DirectSite();
  const user = lab.site.directory.addUser('bob@pve', 'x');
  const secret = '00000000-0000-4000-8000-00000000abcd';
  user.tokens.set('t', { id: 't', secret, privsep: false, expire: lab.nowMs / 1000 + 60 });
  const token = { token: `bob@pve!t=${secret}` };
  expect(lab.ask('GET', '/version', {}, token).status).toBe(200);
  lab.pass(120_000);
  expect(lab.ask('GET', '/version', {}, token).status).toBe(401);
  expect(login(lab, 'bob@pve', 'x').status).toBe(200);
  user.enable = false;
  expect(login(lab, 'bob@pve', 'x').status).toBe(401);
});
