import { type ErrorCode, Failure, fail } from '#shared/contract/errors';

const REMEDIES: Partial<Record<ErrorCode, string>> = {
  NAME_NOT_RESOLVED: 'Check the spelling of the address, or use the IP address.',
  CONNECTION_REFUSED: 'Check the port, and that the remote runs.',
  UNREACHABLE: 'Check the network or VPN, and that the remote is up.',
  TIMEOUT: 'Check the network and the load of the remote, then try again.',
  TLS_FAILED: 'Check that this port speaks HTTPS, or use an address with http.',
  RESPONSE_TOO_LARGE: 'Check that this is your portal or hub.',
  BAD_RESPONSE: 'Check the address, and for a proxy in between.',
};

/** A failure of the network in words that fit a remote. */
export function remoteFailure(failure: Failure): Failure {
  const isNoHttp = failure.code === 'NOT_PROXMOX';
  const code = isNoHttp ? 'BAD_RESPONSE' : failure.code;
  const remedy = REMEDIES[code] ?? failure.data.remedy;
  return new Failure(
    code,
    { ...failure.data, remedy },
    isNoHttp ? 'The remote does not speak HTTP here.' : failure.message,
  );
}

/** It may have been done: reading tells. */
export function unknownEnd(failure: Failure): Failure {
  return new Failure(failure.code, { ...failure.data, outcome: 'unknown' }, failure.message);
}

export function notUnderstood(endpoint: string, what: string): Failure {
  return fail('BAD_RESPONSE', { remedy: REMEDIES.BAD_RESPONSE ?? '', endpoint }, what);
}

/** Sentences of a portal or hub that hold nothing but what they say; any other text stays unread. */
const KNOWN_REFUSALS: [RegExp, ErrorCode, string][] = [
  [/^Cluster ID '.*' already exists$/, 'DUPLICATE_ID', 'Sync again: it was made there meanwhile.'],
  [
    /^Cannot delete the last cluster$/,
    'LAST_CLUSTER',
    'The remote keeps its last cluster. Add another one there first, or drop this deletion.',
  ],
];

/**
 * What a refusal of the API means. Its text is never shown: an error of the portal's database
 * repeats the values it was given, and a password may be among them.
 * @param text the `error` of the answer
 */
export function refusal(status: number, text: string, endpoint: string): Failure {
  const where = { endpoint, status };
  if (status === 400) {
    for (const [pattern, code, remedy] of KNOWN_REFUSALS) {
      if (pattern.test(text)) return fail(code, { remedy, ...where }, MESSAGES[code]);
    }
    // a hub names the field and the rule, never the value
    const rule = /^Invalid values: ([a-z_]{1,40}):? [^'"[\]]{1,200}$/.exec(text);
    const detail = rule === null ? {} : { detail: text.slice(0, 300) };
    const remedy = 'Correct the values of this cluster, then sync again.';
    return fail(
      'PARAMETER_REFUSED',
      { remedy, ...where, ...detail },
      'The remote refused a value.',
    );
  }
  if (status === 403) {
    const remedy = "Use an administrator's account, and check that the remote may be changed.";
    const message = 'The account may not configure clusters there.';
    return fail('PERMISSION_DENIED', { remedy, ...where }, message);
  }
  if (status === 404) {
    const remedy = 'Check the address: it is the one of the portal itself, without /api.';
    return fail('UNSUPPORTED', { remedy, ...where }, 'This server has no cluster configuration.');
  }
  if (status === 429) {
    const remedy = 'Wait a minute, then try again.';
    return fail('SERVER_ERROR', { remedy, ...where }, 'The remote asks to wait.');
  }
  const remedy =
    'Look into its log. What it answered is not kept here, since it may hold passwords.';
  return fail('SERVER_ERROR', { remedy, ...where }, 'The remote reported an error.');
}

const MESSAGES: Partial<Record<ErrorCode, string>> = {
  DUPLICATE_ID: 'The remote has a cluster of this id already.',
  LAST_CLUSTER: 'The remote does not delete its last cluster.',
};

export function loginRefused(endpoint: string): Failure {
  const remedy = 'Check user and password of this remote.';
  return fail('AUTH_FAILED', { remedy, endpoint }, 'The remote refused the login.');
}
