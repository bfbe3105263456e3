import { afterAll, beforeAll } from 'vitest';
import { type EtcdCluster, startEtcd } from '#tests/support/etcd';
import { conformance } from './conformance';

let etcd: EtcdCluster;
beforeAll(async () => {
  etcd = await startEtcd(1);
});
afterAll(() => etcd.close());

conformance('etcd', () => etcd.state());
