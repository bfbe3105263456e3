import type { ClusterLive } from '#shared/contract/inventory';

/** What somebody should hear of who does not look at the deck. */
export type Trouble = 'untrusted' | 'signIn' | 'quorum' | 'unreachable';
export const TROUBLES = ['untrusted', 'signIn', 'quorum', 'unreachable'] as const;

/** How a trouble stands: there, gone, or not to be told from this view. */
export type Standing = 'there' | 'gone' | 'unknown';

/** A certificate that was never trusted is a set-up that is not finished, and no news. */
const BROKEN_TRUST = new Set(['TLS_CHANGED', 'TLS_INVALID']);

/** Reads one trouble from what is known of a cluster. */
export function standing(trouble: Trouble, live: ClusterLive): Standing {
  // somebody took it out of the watching: what comes after that is new
  if (live.state === 'paused' || live.state === 'maintenance') return 'gone';
  if (trouble === 'quorum') {
    if (live.state !== 'active' || live.quorate === null) return 'unknown';
    return live.quorate ? 'gone' : 'there';
  }
  switch (live.state) {
    case 'active':
    case 'insufficientPermissions':
      return 'gone';
    case 'untrustedCertificate':
      return trouble === 'untrusted' && isBrokenTrust(live) ? 'there' : 'unknown';
    case 'authenticationRequired':
      return trouble === 'signIn' ? 'there' : 'gone';
    case 'unavailable':
      return trouble === 'unreachable' ? 'there' : 'unknown';
    case 'connecting':
    case 'notConnected':
      return 'unknown';
  }
}

const isBrokenTrust = ({ failure }: ClusterLive) =>
  failure !== null && BROKEN_TRUST.has(failure.code);

/** What a notice says of it, after the cluster's name. */
export const TROUBLE_WORDS: Record<Trouble, { title: string; body: string }> = {
  untrusted: {
    title: 'its certificate is not the trusted one',
    body: 'Nothing is sent to it until you have compared the fingerprints.',
  },
  signIn: {
    title: 'it needs a sign-in',
    body: 'It is not watched until somebody signs in.',
  },
  quorum: {
    title: 'it has lost its quorum',
    body: 'Nothing can be started or changed until most nodes are back.',
  },
  unreachable: {
    title: 'it cannot be reached',
    body: 'It has not answered for two minutes. What is shown is of before.',
  },
};
