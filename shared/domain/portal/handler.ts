import type { Call } from './call';
import {
  createConfig,
  deleteConfig,
  listConfig,
  readProbe,
  testConfig,
  updateConfig,
} from './config';
import {
  html,
  json,
  type PortalRequest,
  type PortalResponse,
  page,
  redirect,
  splitTarget,
  typedRefusal,
} from './http';
import { logIn, loginForm, safeNext } from './login';
import type { PortalPorts, Visitor } from './ports';

const FORBIDDEN =
  "403 Forbidden: You don't have the permission to access the requested resource. It is either read-protected or not readable by the server.";

type Handle = (call: Call, number: number) => PortalResponse | Promise<PortalResponse>;
type Methods = Partial<Record<string, Handle>>;

const CONFIG = '/api/cluster-config';
/** Open to everybody. */
const OPEN: Record<string, Methods> = {
  '/health': { GET: () => json(200, { ok: true }, {}) },
  '/': { GET: () => redirect('/portal') },
  // the first run is done: its form is never offered
  '/setup': { GET: () => redirect('/login'), POST: () => redirect('/login') },
  '/login': { GET: loginForm, POST: logIn },
  '/logout': {
    GET: ({ ports }) => redirect('/login', { 'set-cookie': ports.door.logOut() }),
  },
  '/portal': { GET: (call) => (isIn(call.visitor) ? welcome() : toLogin(call)) },
};
/** For administrators; the number is the cluster's db_id. */
const GUARDED: [RegExp, Methods][] = [
  [/^\/api\/cluster-config$/, { GET: listConfig, POST: createConfig }],
  [/^\/api\/cluster-config\/(\d+)$/, { PUT: updateConfig, DELETE: deleteConfig }],
  [/^\/api\/cluster-config\/(\d+)\/test$/, { POST: testConfig }],
  [/^\/api\/cluster-config\/(\d+)\/(?:storage|groups)$/, { GET: readProbe }],
];

/**
 * Answers as the lab portal does on `/api/cluster-config` and its login: its statuses, keys and
 * sentences, a redirect to the login for whoever has no session. It differs where the portal is
 * wrong: ports and flags are checked, and no error tells what was sent.
 */
export async function answerPortal(
  request: PortalRequest,
  visitor: Visitor,
  ports: PortalPorts,
): Promise<PortalResponse> {
  const { path, query } = splitTarget(request.target);
  const call: Call = { request, path, query, visitor, ports };
  const open = Object.hasOwn(OPEN, path) ? OPEN[path] : undefined;
  if (open !== undefined) return (chosen(open, request) ?? notAllowed(open))(call, 0);
  for (const [pattern, methods] of GUARDED) {
    const match = pattern.exec(path);
    if (match === null) continue;
    const handle = chosen(methods, request);
    if (handle === null) return notAllowed(methods)();
    return stopped(call) ?? handle(call, Number(match[1]));
  }
  return html(404, page('Not found', '<p>There is nothing at this address.</p>'));
}

function chosen(methods: Methods, { method }: PortalRequest): Handle | null {
  const name = method === 'HEAD' ? 'GET' : method;
  return Object.hasOwn(methods, name) ? (methods[name] ?? null) : null;
}

function notAllowed(methods: Methods) {
  const allow = Object.keys(methods).join(', ');
  const text = '<p>This address does not take this kind of request.</p>';
  return () => html(405, page('Method not allowed', text), { allow });
}

/** The answer for whoever may not go on; null for an administrator. */
function stopped(call: Call): PortalResponse | null {
  const { visitor } = call;
  switch (visitor.kind) {
    case 'admin':
      return null;
    case 'nobody':
      return toLogin(call);
    case 'member':
      return typedRefusal(403, 'Forbidden', FORBIDDEN);
    case 'refused':
      return typedRefusal(401, 'Unauthorized', 'The token is not accepted.', {
        'www-authenticate': 'Bearer',
      });
    case 'throttled':
      return typedRefusal(
        429,
        'TooManyRequests',
        'Too many wrong attempts; wait, then try again.',
        {
          'retry-after': String(visitor.retryAfterS),
        },
      );
  }
}

const isIn = (visitor: Visitor) => visitor.kind === 'admin' || visitor.kind === 'member';

const toLogin = ({ path }: Call) => redirect(`/login?next=${encodeURIComponent(safeNext(path))}`);

const welcome = () =>
  html(
    200,
    page(
      'Clusterdeck hub',
      `<p>You are signed in. Add this address as a remote in Clusterdeck; the API is at ${CONFIG}.</p>
<p><a href="/logout">Sign out</a></p>`,
    ),
  );
