import type { Caller } from '../access/permissions';
import { PveError, peerError, permissionError, unauthorized } from '../errors';
import type { PeerTrouble } from '../model/types';
import type { PveSite } from '../site';
import { type Answer, errorAnswer, successAnswer } from './answer';
import { decodeText, verifyParams } from './params';
import type { Call, Route } from './route';
import type { Router } from './router';

/** A request as far as the API cares: no sockets, no streams. */
export interface ApiRequest {
  method: string;
  /** Below `/api2/json`, undecoded, without the query. */
  path: string;
  params: Record<string, string>;
  cookie: string | undefined;
  authorization: string | undefined;
  csrf: string | undefined;
  servedBy: string;
  extjs: boolean;
  upload?: { filename: string; bytes: number };
}

/** An answer, and which endpoint gave it. */
export interface Dispatched {
  answer: Answer;
  /** The endpoint's template; the raw path where there is none. */
  route: string;
}

const NODE_NAME = /^[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?$/;
const TICKET_PATH = '/access/ticket';

const TROUBLES: Record<PeerTrouble, [595 | 596, string]> = {
  unreachable: [595, 'Network is unreachable'],
  refused: [595, 'Connection refused'],
  timeout: [596, 'Connection timed out'],
  certificate: [596, 'error:0A000086:SSL routines::certificate verify failed'],
};

/** Answers one request, in the order the real stack checks things. */
export function dispatch(site: PveSite, router: Router, request: ApiRequest): Dispatched {
  const nowMs = site.now();
  const found = router.find(request.method, request.path);
  const route = found?.route.path ?? request.path;
  try {
    const caller = authenticate(site, request, found?.route, nowMs);
    if (found === undefined) {
      throw new PveError(501, `Method '${request.method} ${request.path}' not implemented`);
    }
    const call: Call = {
      site,
      caller,
      path: found.path,
      params: request.params,
      nowMs,
      servedBy: request.servedBy,
      ...(request.upload === undefined ? {} : { upload: request.upload }),
    };
    const result = perform(found.route, call);
    return { answer: successAnswer(result, Math.floor(nowMs / 7), request.extjs), route };
  } catch (error) {
    if (!(error instanceof PveError)) throw error;
    return { answer: errorAnswer(error, site.cluster.dress, request.extjs), route };
  }
}

function perform(route: Route, call: Call): unknown {
  const { node } = call.path;
  // A name the schema refuses leaves the permission's path empty.
  if (node !== undefined && !NODE_NAME.test(node)) throw permissionError('', 'Sys.Audit');
  route.permit?.(call);
  if (node !== undefined && !(route.local ?? false)) reachPeer(call, node);
  verifyParams({ ...call.params }, route.params ?? {}, route.alsoAllowed);
  checkVmid(call);
  return route.handle(call);
}

/** Fails as the proxy does when the request's node is another and away. */
function reachPeer(call: Call, name: string): void {
  const node = call.site.cluster.node(name);
  if (node.online) return;
  const [status, text] = TROUBLES[node.trouble];
  throw peerError(status, text);
}

function checkVmid(call: Call): void {
  const { vmid } = call.path;
  if (vmid === undefined) return;
  verifyParams(
    { vmid },
    {
      vmid: {
        type: 'integer',
        check: (value) =>
          Number(value) >= 100 && Number(value) <= 999_999_999
            ? undefined
            : 'invalid format - value does not look like a valid VM ID\n',
      },
    },
  );
}

function authenticate(
  site: PveSite,
  request: ApiRequest,
  route: Route | undefined,
  nowMs: number,
): Caller {
  const token = /^PVEAPIToken=(.*)$/.exec(request.authorization ?? '')?.[1];
  if (token !== undefined) {
    if (route?.path === TICKET_PATH) {
      throw new PveError(
        403,
        `Permission check failed (URI '${TICKET_PATH}' not available with API token, need proper ticket.\n)\n`,
      );
    }
    return callerOfToken(site, token, nowMs);
  }
  if (route?.open === true) return { userid: '' };
  const ticket = ticketOf(request);
  if (ticket === undefined) throw unauthorized('No ticket');
  const userid = site.tickets.userOf(ticket, nowMs / 1000);
  if (userid === undefined || site.directory.users.get(userid)?.enable !== true) {
    throw unauthorized(site.cluster.dress.badTicketText);
  }
  const changes = request.method !== 'GET';
  if (changes && request.upload === undefined) {
    if (!site.tickets.csrfMatches(request.csrf ?? '', userid, nowMs / 1000)) {
      throw unauthorized('Permission denied - invalid csrf token');
    }
  }
  return { userid };
}

function ticketOf(request: ApiRequest): string | undefined {
  const cookie = /(?:^|;\s*)PVEAuthCookie=([^;]*)/.exec(request.cookie ?? '')?.[1];
  const header = /^PVEAuthCookie=(.*)$/.exec(request.authorization ?? '')?.[1];
  const raw = cookie ?? header;
  if (raw === undefined || raw === '') return undefined;
  return raw.includes('!tfa!') ? raw : decodeText(raw);
}

function callerOfToken(site: PveSite, text: string, nowMs: number): Caller {
  const refused = unauthorized(site.cluster.dress.badTokenText);
  const match = /^([^!\s]+@[^!\s]+)!([A-Za-z][A-Za-z0-9._-]*)=([0-9a-fA-F-]{36})$/.exec(text);
  const [, userid = '', tokenid = '', secret = ''] = match ?? [];
  const user = site.directory.users.get(userid);
  const token = user?.tokens.get(tokenid);
  if (user?.enable !== true || token === undefined || token.secret !== secret) throw refused;
  if (token.expire !== 0 && token.expire < nowMs / 1000) throw refused;
  return { userid, tokenid };
}
