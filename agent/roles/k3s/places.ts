import { join } from 'node:path';

/** Where k3s keeps what the agent reads and writes; https://docs.k3s.io/installation/configuration */
export interface KubePlaces {
  /** the agent's own part of k3s' configuration; the rest of the folder is the administrator's */
  config: string;
  /** a server's own access, with all rights */
  serverAccess: string;
  /** that of the kubelet on an agent */
  agentAccess: string;
  /** there once a server has begun or joined a cluster */
  serverData: string;
  /** there where the server's data are in etcd of its own */
  etcdData: string;
  /** lets a server join */
  serverToken: string;
  /** lets an agent join */
  nodeToken: string;
  /** the agent's copy of what it was given, of mode 0600 */
  givenToken: string;
  etcdMetrics: string;
  /** how a server asks the etcd of k3s: address, authority, certificate, key */
  etcd: { endpoint: string; ca: string; cert: string; key: string };
  /** where a server looks for what it can be restored from */
  snapshots: string;
}

/**
 * @param dataDir k3s' own, default `/var/lib/rancher/k3s`
 * @param folder the agent's own for k3s, as `/var/lib/clusterdeck/k3s`
 */
export function placesOf(dataDir: string, folder: string, etc = '/etc/rancher/k3s'): KubePlaces {
  return {
    config: join(etc, 'config.yaml.d', '50-clusterdeck.yaml'),
    serverAccess: join(etc, 'k3s.yaml'),
    agentAccess: join(dataDir, 'agent', 'kubelet.kubeconfig'),
    serverData: join(dataDir, 'server', 'db'),
    etcdData: join(dataDir, 'server', 'db', 'etcd'),
    serverToken: join(dataDir, 'server', 'token'),
    nodeToken: join(dataDir, 'server', 'node-token'),
    givenToken: join(folder, 'token'),
    etcdMetrics: 'http://127.0.0.1:2381/metrics',
    etcd: {
      endpoint: 'https://127.0.0.1:2379',
      ca: join(dataDir, 'server', 'tls', 'etcd', 'server-ca.crt'),
      cert: join(dataDir, 'server', 'tls', 'etcd', 'client.crt'),
      key: join(dataDir, 'server', 'tls', 'etcd', 'client.key'),
    },
    snapshots: join(dataDir, 'server', 'db', 'snapshots'),
  };
}
