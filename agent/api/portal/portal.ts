import type { IncomingHttpHeaders } from 'node:http';
import { Failure } from '#shared/contract/errors';
import { answerPortal } from '#shared/domain/portal/handler';
import { refusal } from '#shared/domain/portal/http';
import type { ClusterProbe, Door, Outcome, Visitor } from '#shared/domain/portal/ports';
import type { Clock } from '../../ports';
import type { State } from '../../state/types';
import type { Answer } from '../answer';
import type { Audit } from '../audit';
import { bearerOf, type Caller, type Doorman } from '../caller';
import type { Events } from '../events';
import type { Call } from '../routes';
import { StateConfig } from './store';

interface Deps {
  state: State;
  clock: Pick<Clock, 'now'>;
  doorman: Doorman;
  audit: Audit;
  events: Pick<Events, 'tell'>;
}

const PAGES = new Set(['/', '/login', '/logout', '/portal', '/setup']);
const CONFIG = '/api/cluster-config';
/** The form's user; its password is an access token. */
const FORM_USER = 'admin';
/** Tells a desk that it may make a cluster here without its password. */
const NO_SECRETS = { 'x-clusterdeck-secrets': 'none' };
const COOKIE = 'session';
const ATTRIBUTES = 'HttpOnly; Path=/; SameSite=Lax; Secure';

/** Offers `/api/cluster-config` as the lab portal does, from the cluster's shared state. */
export class AgentPortal {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  takes(path: string): boolean {
    return PAGES.has(path) || path === CONFIG || path.startsWith(`${CONFIG}/`);
  }

  async answer(call: Call): Promise<Answer> {
    const { state, clock, audit, events } = this.#deps;
    const caller = await this.#caller(call);
    const store = new StateConfig({
      state,
      clock,
      onChange: async (action, clusterId) => {
        events.tell([{ kind: 'config', subject: clusterId }]);
        const what = { action: `config.${action}`, subject: clusterId, detail: '' };
        await audit.note({ ...call, caller }, what, 'The shared configuration was changed.');
      },
    });
    const query = call.query.toString();
    const asked = {
      method: call.method,
      target: query === '' ? call.path : `${call.path}?${query}`,
      contentType: call.contentType,
      body: call.body,
    };
    const ports = { store, probe: blindProbe(store), door: this.#door(call) };
    try {
      const answer = await answerPortal(asked, visitorOf(caller, call.headers), ports);
      return { ...answer, headers: { ...answer.headers, ...NO_SECRETS } };
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      return refusal(503, `${error.message} ${error.data.remedy}`);
    }
  }

  /** The cookie is the token itself: any agent of the cluster knows it, and a revoked one ends. */
  async #caller({ caller, headers, address }: Call): Promise<Caller> {
    if (caller.kind !== 'nobody') return caller;
    const [token] = cookiesOf(headers);
    return token === undefined ? caller : this.#deps.doorman.byToken(token, address);
  }

  #door({ address }: Call): Door {
    const { doorman } = this.#deps;
    return {
      async logIn(user, password) {
        const isToken = user === FORM_USER && /^[\w-]{1,512}$/.test(password);
        const caller = await doorman.byToken(isToken ? password : '', address);
        if (caller.kind === 'throttled') return caller;
        if (caller.kind !== 'token') return { kind: 'refused' };
        return { kind: 'in', cookie: `${COOKIE}=${password}; ${ATTRIBUTES}` };
      },
      logOut: () => `${COOKIE}=; Max-Age=0; ${ATTRIBUTES}`,
    };
  }
}

function visitorOf(caller: Caller, headers: IncomingHttpHeaders): Visitor {
  switch (caller.kind) {
    case 'root':
      return { kind: 'admin' };
    case 'local':
      return { kind: 'member' };
    case 'token':
      return { kind: caller.holder.role === 'admin' ? 'admin' : 'member' };
    case 'throttled':
      return caller;
    // an old cookie is answered by the form
    case 'refused':
      return { kind: bearerOf(headers) === null ? 'nobody' : 'refused' };
    case 'nobody':
      return caller;
  }
}

/** Without secrets nothing can be asked of the clusters; a desk can. */
function blindProbe(store: StateConfig): ClusterProbe {
  const blind = async <T>(number: number): Promise<Outcome<T>> => {
    const isKnown = (await store.list()).some(({ db_id }) => db_id === number);
    if (!isKnown) return { ok: false, reason: 'notFound' };
    const message =
      'This configuration holds no secrets, so nothing can be asked of the cluster here. Test it from a desk that has its password.';
    return { ok: false, reason: 'refused', message };
  };
  return { test: blind, storages: blind, groups: blind };
}

function cookiesOf(headers: IncomingHttpHeaders): string[] {
  return (headers.cookie ?? '')
    .split(';')
    .map((part) => part.trim())
    .filter((part) => part.startsWith(`${COOKIE}=`))
    .map((part) => part.slice(COOKIE.length + 1))
    .filter((value) => value !== '');
}
