import { request } from 'undici';
import { z } from 'zod';
import { Failure, fail } from '#shared/contract/errors';
import type { Clock } from '../../ports';
import type { KubeClient } from './client';

export interface Readiness {
  ready: boolean;
  /** whether this server leads k3s' own etcd; true where there is no etcd to lead */
  leads: boolean;
  /** what is missing, or what was proved */
  message: string;
}

export interface ReadinessOptions {
  client: KubeClient;
  clock: Pick<Clock, 'now'>;
  /** under which the write probe keeps its Lease */
  nodeName: string;
  /**
   * k3s' own etcd tells its metrics on loopback, as `http://127.0.0.1:2381/metrics`; null where the
   * server keeps its data elsewhere
   */
  etcdMetrics: string | null;
}

const NAMESPACE = 'kube-system';
const RESTART = 'Restart k3s on this node, which renews its certificates.';
const LEASE_SECONDS = 30;
const METRICS_MS = 2_000;
const MAX_METRICS_BYTES = 8 * 1024 * 1024;

/**
 * Ready means that the API authenticates this node, that etcd has a leader, and that a write is taken.
 * An open port, a 401 or a 403 mean nothing of that kind.
 */
export async function readinessOf(options: ReadinessOptions): Promise<Readiness> {
  try {
    await checkReadyz(options.client);
    const leads = await checkLeader(options.etcdMetrics);
    await probeWrite(options);
    return { ready: true, leads, message: 'The API answers, has a leader and takes writes.' };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { ready: false, leads: false, message: sentenceOf(error) };
  }
}

/** https://kubernetes.io/docs/reference/using-api/health-checks/ */
async function checkReadyz(client: KubeClient): Promise<void> {
  const answer = await client.ask({ path: '/readyz?verbose' });
  if (answer.status === 200) return;
  if (answer.status === 401) throw fail('AUTH_FAILED', { remedy: RESTART });
  if (answer.status === 403) throw fail('PERMISSION_DENIED', { remedy: RESTART });
  const failed = [...answer.text.matchAll(/^\[-\](\S+)/gm)].map(([, name]) => name);
  throw fail(
    'SERVER_ERROR',
    { remedy: 'Read the log of k3s on this node.', status: answer.status },
    failed.length > 0
      ? `The API server is not ready: ${failed.join(', ')}.`
      : `The API server is not ready (${answer.status}).`,
  );
}

/** @returns whether this member leads. @throws Failure NO_QUORUM where nobody does */
async function checkLeader(url: string | null): Promise<boolean> {
  if (url === null) return true;
  const text = await metricsOf(url);
  const value = (name: string) => new RegExp(`^${name} (\\d+)`, 'm').exec(text)?.[1];
  if (value('etcd_server_has_leader') !== '1') {
    const remedy = 'Bring back the k3s servers that are down.';
    throw fail('NO_QUORUM', { remedy }, 'The etcd of k3s has no leader.');
  }
  return value('etcd_server_is_leader') === '1';
}

async function metricsOf(url: string): Promise<string> {
  try {
    const answer = await request(url, { signal: AbortSignal.timeout(METRICS_MS) });
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of answer.body) {
      const part = Buffer.from(chunk);
      bytes += part.length;
      if (bytes > MAX_METRICS_BYTES) break;
      chunks.push(part);
    }
    return answer.statusCode === 200 ? Buffer.concat(chunks).toString('utf8') : '';
  } catch {
    const remedy = 'Read the log of k3s on this node.';
    throw fail('UNREACHABLE', { remedy, endpoint: url }, 'The etcd of k3s does not answer.');
  }
}

const lease = z.object({ metadata: z.object({ resourceVersion: z.string() }) });

/** Renews a Lease of its own, which costs one small write. @throws Failure */
async function probeWrite({ client, clock, nodeName }: ReadinessOptions): Promise<void> {
  const name = `clusterdeck-probe-${nodeName}`;
  const folder = `/apis/coordination.k8s.io/v1/namespaces/${NAMESPACE}/leases`;
  const path = `${folder}/${name}`;
  const spec = {
    holderIdentity: nodeName,
    leaseDurationSeconds: LEASE_SECONDS,
    renewTime: new Date(clock.now()).toISOString().replace('Z', '000Z'),
  };
  const body = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease' };
  const found = await client.json({ path }).catch((error: unknown) => {
    if (error instanceof Failure && error.code === 'NOT_FOUND') return null;
    throw error;
  });
  if (found === null) {
    const made = { ...body, metadata: { name, namespace: NAMESPACE }, spec };
    await client.json({ method: 'POST', path: folder, body: made });
    return;
  }
  const known = lease.safeParse(found);
  if (!known.success) throw fail('BAD_RESPONSE', { remedy: 'Check the version of k3s.', path });
  const { resourceVersion } = known.data.metadata;
  const metadata = { name, namespace: NAMESPACE, resourceVersion };
  await client.json({ method: 'PUT', path, body: { ...body, metadata, spec } });
}

function sentenceOf({ code, message }: Failure): string {
  if (code === 'AUTH_FAILED') return 'The API server does not accept this node (401).';
  if (code === 'PERMISSION_DENIED') return 'The API server denies this node its rights (403).';
  if (code === 'CONNECTION_REFUSED') return 'Nothing listens where the API server should.';
  if (code === 'TIMEOUT') return 'The API server did not answer in time.';
  return message;
}
