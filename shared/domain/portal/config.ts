import type { Call } from './call';
import {
  PORTAL_DEFAULTS,
  type PortalRecord,
  type PortalValues,
  readClusterId,
  readPassword,
  readValues,
} from './fields';
import { json, type PortalResponse, refusal, typedRefusal } from './http';
import type { Outcome, Refusal } from './ports';

const REQUIRED = ['cluster_id', 'name', 'host', 'user', 'password'];
const MISSING = `Missing required fields: [${REQUIRED.map((name) => `'${name}'`).join(', ')}]`;
const NOT_UNDERSTOOD =
  '400 Bad Request: The browser (or proxy) sent a request that this server could not understand.';

/** By priority, highest first, then by name, as its bytes compare. */
export async function listConfig({ ports }: Call): Promise<PortalResponse> {
  const records = await ports.store.list();
  return json(200, { ok: true, clusters: records.toSorted(inOrder) });
}

function inOrder(a: PortalRecord, b: PortalRecord): number {
  if (a.priority !== b.priority) return b.priority - a.priority;
  if (a.name !== b.name) return a.name < b.name ? -1 : 1;
  return a.db_id - b.db_id;
}

export async function createConfig({ request, ports }: Call): Promise<PortalResponse> {
  const body = readBody(request);
  if (body === null) return typedRefusal(400, 'BadRequest', NOT_UNDERSTOOD);
  if (!REQUIRED.every((name) => Object.hasOwn(body, name))) return refusal(400, MISSING);
  const { values, problems } = readValues(body);
  const id = readClusterId(body['cluster_id']);
  if ('problem' in id) problems['cluster_id'] = id.problem;
  const password = readPassword(body['password']);
  if ('problem' in password) problems['password'] = password.problem;
  const { name, host, user, ...rest } = values;
  if (
    'problem' in id ||
    'problem' in password ||
    name === undefined ||
    host === undefined ||
    user === undefined ||
    Object.keys(problems).length > 0
  ) {
    return wrongValues(problems);
  }
  const whole: PortalValues = { ...PORTAL_DEFAULTS, ...rest, name, host, user };
  const made = await ports.store.create(id.value, whole, password.value);
  return answered(made, id.value, (cluster) => ({
    ok: true,
    message: 'Cluster created successfully',
    cluster,
  }));
}

/** Changes what is named; `cluster_id` and unknown fields are passed over, a blank password keeps the old. */
export async function updateConfig(call: Call, number: number): Promise<PortalResponse> {
  const body = readBody(call.request);
  if (body === null) return typedRefusal(400, 'BadRequest', NOT_UNDERSTOOD);
  const { values, problems } = readValues(body);
  const password = readPassword(body['password'] ?? '');
  if ('problem' in password) problems['password'] = password.problem;
  if ('problem' in password || Object.keys(problems).length > 0) return wrongValues(problems);
  const changed = await call.ports.store.update(number, values, password.value);
  return answered(changed, '', (cluster) => ({
    ok: true,
    message: 'Cluster updated successfully',
    cluster,
  }));
}

export async function deleteConfig({ ports }: Call, number: number): Promise<PortalResponse> {
  const removed = await ports.store.remove(number);
  return answered(removed, '', ({ name }) => ({
    ok: true,
    message: `Cluster '${name}' deleted successfully`,
  }));
}

export async function testConfig({ ports }: Call, number: number): Promise<PortalResponse> {
  const tested = await ports.probe.test(number);
  return answered(tested, '', ({ version, nodeNames }) => ({
    ok: true,
    message: 'Connection successful',
    version,
    nodes: nodeNames.length,
    node_names: nodeNames,
  }));
}

export async function readProbe({ ports, path }: Call, number: number): Promise<PortalResponse> {
  if (path.endsWith('/groups')) {
    return answered(await ports.probe.groups(number), '', (groups) => ({ ok: true, groups }));
  }
  return answered(await ports.probe.storages(number), '', (storage) => ({ ok: true, storage }));
}

/** The object in a JSON body; a list has no fields, so it names nothing. Null where it is no JSON. */
function readBody({ contentType, body }: Call['request']): Record<string, unknown> | null {
  // also keeps forms of other pages out, which cannot send this type
  if (contentType !== 'application/json') return null;
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    return null;
  }
  if (typeof parsed !== 'object' || parsed === null) return null;
  return Array.isArray(parsed) ? {} : { ...parsed };
}

function wrongValues(problems: Record<string, string>): PortalResponse {
  const sentences = Object.entries(problems).map(([field, problem]) => `${field} ${problem}`);
  return refusal(400, `Invalid values: ${sentences.join(' ')}`);
}

function answered<T>(
  outcome: Outcome<T>,
  clusterId: string,
  document: (value: T) => object,
): PortalResponse {
  return outcome.ok ? json(200, document(outcome.value)) : refused(outcome, clusterId);
}

function refused(outcome: Refusal, clusterId: string): PortalResponse {
  switch (outcome.reason) {
    case 'notFound':
      return refusal(404, 'Cluster not found');
    case 'duplicate':
      return refusal(400, `Cluster ID '${clusterId}' already exists`);
    case 'last':
      return refusal(400, 'Cannot delete the last cluster');
    case 'refused':
      return refusal(400, outcome.message);
    case 'readOnly':
      return refusal(403, outcome.message);
    case 'unavailable':
      return refusal(503, outcome.message);
    case 'failed':
      return refusal(500, `Connection failed: ${outcome.message}`);
  }
}
