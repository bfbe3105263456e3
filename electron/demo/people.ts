import type { LabToken, LabUser } from './lab-options';
import { Directory } from './pve/access/directory';
import { base32 } from './pve/access/totp';
import type { Dress } from './pve/dress';
import { hexOf, uuidOf } from './pve/random';

/** Who works in a simulated cluster, with everything needed to be one of them. */
export interface People {
  directory: Directory;
  users: LabUser[];
  tokens: LabToken[];
}

/** Fills a directory with the people a small lab has. */
export function peopleOf(dress: Dress, seed: number, pools: readonly string[]): People {
  const directory = new Directory(dress);
  const users: LabUser[] = [];
  const tokens: LabToken[] = [];
  let count = 0;
  const add = (userid: string, purpose: string, groups: string[] = []) => {
    count += 1;
    const password = `${userid.split('@')[0]}-${hexOf(seed, 600 + count, 10)}`;
    const user = directory.addUser(userid, password, groups);
    const shown: LabUser = { userid, password, purpose };
    users.push(shown);
    return { user, shown };
  };
  const token = (userid: string, id: string, privsep: boolean, comment: string) => {
    const secret = uuidOf(seed, 700 + tokens.length);
    directory.users.get(userid)?.tokens.set(id, { id, secret, privsep, expire: 0, comment });
    tokens.push({ id: `${userid}!${id}`, secret, privsep });
  };
  directory.groups.set('ops', { id: 'ops', comment: 'operators' });
  add('root@pam', 'may do everything');
  add('ada@pve', 'runs the lab', ['ops']).user.email = 'ada@lab.test';
  add('eve@pve', 'looks, and touches nothing');
  add('bob@pve', 'uses the machines of one pool');
  const otto = add('otto@pve', 'runs the lab, with a second factor', ['ops']);
  const secret = Buffer.from(hexOf(seed, 800, 40), 'hex');
  otto.user.totp = {
    id: 't1',
    description: 'phone',
    createdSeconds: 1_700_000_000,
    secret,
    lastStep: 0,
  };
  const keys = Array.from({ length: 10 }, (_, index) => recoveryKey(seed, index));
  otto.user.recovery = new Map(keys.map((key, index) => [index, key]));
  otto.shown.totpSecret = base32(secret);
  otto.shown.recoveryKeys = keys;
  const grant = (path: string, type: 'user' | 'group', ugid: string, roleid: string) =>
    directory.setGrant({ path, type, ugid, roleid, propagate: true }, false);
  grant('/', 'group', 'ops', 'PVEAdmin');
  grant('/', 'user', 'eve@pve', 'PVEAuditor');
  if (pools[0] !== undefined) grant(`/pool/${pools[0]}`, 'user', 'bob@pve', 'PVEVMUser');
  token('root@pam', 'full', false, 'automation');
  token('ada@pve', 'desk', false, 'control centre');
  token('ada@pve', 'limited', true, 'nothing granted yet');
  token('eve@pve', 'watch', false, 'wall display');
  return { directory, users, tokens };
}

function recoveryKey(seed: number, index: number): string {
  const h = hexOf(seed, 820 + index, 16);
  return `${h.slice(0, 4)}-${h.slice(4, 8)}-${h.slice(8, 12)}-${h.slice(12, 16)}`;
}
