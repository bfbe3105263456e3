import type { Call } from './call';
import { html, type PortalResponse, page, parseForm, redirect } from './http';

const AFTER_LOGIN = '/portal';
const FORM = `<form method="post">
<p><label>User <input name="username" autocomplete="username" required></label></p>
<p><label>Password <input name="password" type="password" autocomplete="current-password" required></label></p>
<p><button>Sign in</button></p>
</form>`;

export function loginForm({ visitor }: Call): PortalResponse {
  const isIn = visitor.kind === 'admin' || visitor.kind === 'member';
  return isIn ? redirect(AFTER_LOGIN) : html(200, page('Sign in', FORM));
}

/** A wrong password answers 200 with the form, as the portal does: a client must look at the 302. */
export async function logIn({ request, query, ports }: Call): Promise<PortalResponse> {
  const isForm = request.contentType === 'application/x-www-form-urlencoded';
  const fields = parseForm(isForm ? request.body : '');
  const result = await ports.door.logIn(fields.get('username') ?? '', fields.get('password') ?? '');
  switch (result.kind) {
    case 'in':
      return redirect(safeNext(query.get('next') ?? AFTER_LOGIN), { 'set-cookie': result.cookie });
    case 'refused':
      return html(200, page('Sign in', `<p role="alert">Wrong user or password.</p>\n${FORM}`));
    case 'throttled': {
      const text = '<p role="alert">Too many wrong attempts; wait, then try again.</p>';
      const headers = { 'retry-after': String(result.retryAfterS) };
      return html(429, page('Sign in', `${text}\n${FORM}`), headers);
    }
  }
}

/** A place on this server only: `//elsewhere` and the like lead away from it. */
export function safeNext(next: string): string {
  return /^\/(?![/\\])[^\\\p{Cc}]*$/u.test(next) ? next : AFTER_LOGIN;
}
