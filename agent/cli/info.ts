import { Failure } from '#shared/contract/errors';
import { readEnrolment } from '../identity/enrolment';
import { readNodeIdentity } from '../identity/node-identity';
import {
  type CommandContext,
  DEFAULT_CONFIG,
  loadConfig,
  nodeNameOf,
  stateFolders,
} from './context';
import { pairs } from './io';
import { isRunning } from './local-api';

/** `node-agent info`: from the files of this machine; it needs no running agent. */
export async function showInfo(context: CommandContext): Promise<0> {
  const { config, path } = await loadConfig(context);
  const [identity, enrolment, running] = await Promise.all([
    orReason(readNodeIdentity(stateFolders(config).identity)),
    orReason(readEnrolment(config.cluster.enrolment)),
    isRunning(config, context.io.signal),
  ]);
  const node = identity.value ?? null;
  const cluster = enrolment.value?.cluster ?? null;
  const roles = Object.entries(config.roles)
    .filter(([, role]) => typeof role === 'object' && role.enabled)
    .map(([name]) => name);
  const document = {
    version: context.version,
    running,
    name: nodeNameOf(config),
    id: node?.id ?? null,
    fingerprint: node?.fingerprint ?? null,
    cluster: cluster && {
      uuid: cluster.uuid,
      name: cluster.name,
      region: cluster.region,
      datacenter: cluster.datacenter,
      created_at: cluster.createdAt,
    },
    roles,
    api_port: config.api.port,
    state: config.state.kind,
    files: {
      config: path,
      enrolment: config.cluster.enrolment,
      state_dir: config.identity.state_dir,
    },
  };
  context.out.result(document, () =>
    pairs([
      ['version', context.version],
      ['agent', running ? 'running' : 'not running'],
      ['name', document.name],
      ['id', node?.id ?? (identity.reason || 'none yet: it is made at the first start')],
      ['fingerprint', node?.fingerprint ?? ''],
      ['cluster', cluster === null ? enrolment.reason : `${cluster.name} (${cluster.uuid})`],
      ['roles', roles.join(', ') || 'none'],
      ['API port', String(config.api.port)],
      ['state', config.state.kind],
      ['configuration', path ?? `defaults (there is no ${DEFAULT_CONFIG})`],
      ['enrolment', config.cluster.enrolment],
      ['state folder', config.identity.state_dir],
    ]),
  );
  return 0;
}

/** The value, or the sentence that says why there is none. */
async function orReason<T>(work: Promise<T>): Promise<{ value: T | null; reason: string }> {
  try {
    return { value: await work, reason: '' };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { value: null, reason: `${error.message} ${error.data.remedy}` };
  }
}
