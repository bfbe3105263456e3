import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { fail } from '#shared/contract/errors';

/** How the Kubernetes API is reached and who asks; PEM, never logged. */
export interface KubeAccess {
  /** as `https://127.0.0.1:6443` */
  server: string;
  ca: string;
  cert: string;
  key: string;
}

const cluster = z.object({
  server: z.url({ protocol: /^https$/ }),
  'certificate-authority': z.string().optional(),
  'certificate-authority-data': z.string().optional(),
});
const user = z.object({
  'client-certificate': z.string().optional(),
  'client-certificate-data': z.string().optional(),
  'client-key': z.string().optional(),
  'client-key-data': z.string().optional(),
});
/** https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/, as far as k3s writes it. */
const kubeconfig = z.object({
  clusters: z.array(z.object({ cluster })).min(1),
  users: z.array(z.object({ user })).min(1),
});

/**
 * Reads what k3s wrote for its own clients: `/etc/rancher/k3s/k3s.yaml` of a server,
 * `agent/kubelet.kubeconfig` of an agent. Its first cluster and user count.
 * @throws Failure NOT_FOUND while k3s has not written it, BAD_RESPONSE where it cannot be used
 */
export async function readAccess(path: string): Promise<KubeAccess> {
  const text = await readFile(path, 'utf8').catch(() => {
    const remedy = 'Wait until k3s has started once, and read its log if it does not.';
    throw fail('NOT_FOUND', { remedy, path }, 'k3s has not written its access yet.');
  });
  try {
    const config = kubeconfig.parse(parse(text));
    const [first] = config.clusters;
    const [who] = config.users;
    if (first === undefined || who === undefined) throw new Error('it names no cluster');
    const { server } = first.cluster;
    const read = (data: string | undefined, file: string | undefined) => pemOf(path, data, file);
    const [ca, cert, key] = await Promise.all([
      read(first.cluster['certificate-authority-data'], first.cluster['certificate-authority']),
      read(who.user['client-certificate-data'], who.user['client-certificate']),
      read(who.user['client-key-data'], who.user['client-key']),
    ]);
    // what does not fit is told here and not as a strange failure of a handshake
    for (const pem of [ca, cert]) new X509Certificate(pem);
    createPrivateKey(key);
    return { server, ca, cert, key };
  } catch {
    const remedy = 'Restart k3s, which writes it anew.';
    // what a parser quotes could be a key
    throw fail('BAD_RESPONSE', { remedy, path }, `The access that k3s wrote is damaged: ${path}`);
  }
}

async function pemOf(config: string, data: string | undefined, file: string | undefined) {
  if (data !== undefined) return Buffer.from(data, 'base64').toString('utf8');
  if (file === undefined) throw new Error('a part is missing');
  return await readFile(resolve(dirname(config), file), 'utf8');
}
