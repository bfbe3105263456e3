import { describe, expect, it } from 'vitest';
import type { Remote } from '#shared/contract/remotes';
import {
  NEW_REMOTE,
  parseRemote,
  remoteChanges,
  remoteFields,
  remoteFormOf,
} from '../../../renderer/features/sync/remote-form';

const pin = Array.from({ length: 32 }, () => 'AB').join(':');
const form = { ...NEW_REMOTE, name: 'portal', url: 'https://portal.lab', user: 'ada' };
const stored: Remote = {
  uuid: '6d0c9d0c-9e0a-4f65-8a5e-9f6a1d2b3c4d',
  name: 'portal',
  url: 'https://portal.lab',
  auth: 'login',
  user: 'ada',
  verify: 'pin',
  pin,
  hasSecret: true,
  syncWhenOnline: false,
  lastSyncAt: null,
  lastFailure: null,
  createdAt: 1,
  revision: 3,
};

describe('the form of a remote', () => {
  it('makes of its fields what the contract takes', () => {
    expect(parseRemote({ ...form, secret: 's3cret' }).value).toMatchObject({
      url: 'https://portal.lab',
      user: 'ada',
      pin: null,
      secret: 's3cret',
    });
  });

  it('sends neither user nor secret of a sign-in that has none', () => {
    const { value } = parseRemote({ ...form, auth: 'none', secret: 'left over' });
    expect(value).toMatchObject({ user: null });
    expect(value).not.toHaveProperty('secret');
    expect(parseRemote({ ...form, auth: 'token', secret: 't' }).value).toMatchObject({
      user: null,
      secret: 't',
    });
  });

  it('tells each field what is wrong with it', () => {
    const { errors } = parseRemote({ ...form, name: ' ', url: 'portal.lab', user: '', pin: 'AB' });
    expect(Object.keys(errors ?? {}).sort()).toEqual(['name', 'pin', 'url', 'user']);
  });

  it('writes only what was touched, and a secret only when one was typed', () => {
    const { value } = parseRemote({ ...remoteFormOf(stored), name: 'Portal 2' });
    expect(value && remoteChanges(stored, value)).toEqual({ name: 'Portal 2' });
    const typed = parseRemote({ ...remoteFormOf(stored), secret: 'new' });
    expect(typed.value && remoteChanges(stored, typed.value)).toEqual({ secret: 'new' });
  });

  it('keeps no secret in a draft', () => {
    expect(remoteFields.parse({ ...form, secret: 's3cret' })).not.toHaveProperty('secret');
  });
});
