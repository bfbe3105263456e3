import { z } from 'zod';
import {
  type Remote,
  type RemoteCreateInput,
  remoteCreate,
  type remoteUpdate,
} from '#shared/contract/remotes';

/** What the form's controls hold. */
export const remoteFields = z.object({
  name: z.string(),
  url: z.string(),
  auth: z.enum(['login', 'token', 'none']),
  user: z.string(),
  verify: z.enum(['pin', 'ca', 'off']),
  pin: z.string(),
  syncWhenOnline: z.boolean(),
});
export type RemoteFields = z.infer<typeof remoteFields>;

/** With the secret, which no draft keeps. */
export type RemoteForm = RemoteFields & { secret: string };

export const NEW_REMOTE: RemoteForm = {
  name: '',
  url: 'https://',
  auth: 'login',
  user: '',
  secret: '',
  verify: 'pin',
  pin: '',
  syncWhenOnline: false,
};

export function remoteFormOf(remote: Remote): RemoteForm {
  const { name, url, auth, user, verify, pin, syncWhenOnline } = remote;
  return { name, url, auth, user: user ?? '', secret: '', verify, pin: pin ?? '', syncWhenOnline };
}

export type RemoteErrors = Readonly<Record<string, string>>;
type Parsed = { value: RemoteCreateInput; errors: null } | { value: null; errors: RemoteErrors };

/** The form against the contract's own schema, and what it asks beyond single fields. */
export function parseRemote(form: RemoteForm): Parsed {
  const { secret, user, pin, ...fields } = form;
  const result = remoteCreate.safeParse({
    ...fields,
    url: form.url.trim(),
    user: form.auth === 'login' ? user.trim() || null : null,
    pin: pin.trim() === '' ? null : pin.trim(),
    ...(form.auth !== 'none' && secret !== '' && { secret }),
  });
  const errors: Record<string, string> = {};
  for (const issue of result.error?.issues ?? []) errors[issue.path.join('.')] ??= issue.message;
  if (form.auth === 'login' && user.trim() === '') errors['user'] ??= 'A login needs its user.';
  if (!result.success || Object.keys(errors).length > 0) return { value: null, errors };
  return { value: result.data, errors: null };
}

type RemoteChanges = z.input<typeof remoteUpdate>['changes'];

/** Only what differs from what is stored; a typed secret always does. */
export function remoteChanges(stored: Remote, wanted: RemoteCreateInput): RemoteChanges {
  const { secret, ...fields } = wanted;
  const changed = Object.entries(fields).filter(
    ([field, value]) => Reflect.get(stored, field) !== value,
  );
  return {
    ...(Object.fromEntries(changed) satisfies RemoteChanges),
    ...(secret !== undefined && secret !== '' && { secret }),
  };
}

/** Whether passwords would travel readable by anybody in between. */
export function isPlainHttp(url: string): boolean {
  return /^http:/i.test(url.trim());
}
