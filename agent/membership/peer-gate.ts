import type { PeerHandler, PeerRequest } from '../api/types';
import type { PeerCaller, PeerRoute } from './peer-types';
import { refusal } from './refusals';

export interface GateOptions {
  routes: readonly PeerRoute[];
  /** who has this certificate, among those that proved the cluster key */
  callerOf(fingerprint: string): Promise<PeerCaller | null>;
  /** who has it in another cluster that a pact lets in; left out where there is never one */
  guestOf?(fingerprint: string): Promise<PeerCaller | null>;
}

/**
 * Stands before all calls between agents: a route for members is reached by members only, one for
 * guests by guests only, and a guest reaches no other.
 */
export function createPeerGate({ routes, callerOf, guestOf }: GateOptions): PeerHandler {
  const byKey = new Map(routes.map((route) => [`${route.method} ${route.path}`, route]));
  const routeOf = ({ method, target }: Pick<PeerRequest, 'method' | 'target'>) =>
    byKey.get(`${method} ${target.split('?', 1)[0] ?? ''}`);
  const trusts: PeerHandler['trusts'] = async ({ fingerprint, ...asked }) => {
    const access = routeOf(asked)?.access;
    if (access === undefined || access === 'candidate' || fingerprint === '') return false;
    const caller = access === 'guest' ? guestOf?.(fingerprint) : callerOf(fingerprint);
    return ((await caller) ?? null) !== null;
  };
  const handle: PeerHandler = async (request) => {
    const route = routeOf(request);
    if (route === undefined) return null;
    if (request.fingerprint === '') {
      return refusal(
        'no-certificate',
        'Agents show their certificate to each other.',
        'Call this address as an enrolled agent.',
      );
    }
    if (route.access === 'candidate') return route.handle(request, null);
    if (route.access === 'guest') {
      const guest = (await guestOf?.(request.fingerprint)) ?? null;
      return guest === null ? noPact() : route.handle(request, guest);
    }
    const caller = await callerOf(request.fingerprint);
    if (caller === null) {
      return refusal(
        'not-a-member',
        'This node did not prove the cluster key.',
        'Enrol it with the enrolment file of this cluster.',
      );
    }
    return route.handle(request, caller);
  };
  return Object.assign(handle, { trusts });
}

const noPact = () =>
  refusal(
    'no-pact',
    'No pact lets this node call here.',
    'An administrator of both clusters makes one: node-agent merge --with ADDRESS',
  );
