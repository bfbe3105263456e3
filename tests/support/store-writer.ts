import { writeSync } from 'node:fs';
import { cluster, fileKeychain, openDesk } from './store';

/**
 * Writes clusters and secrets as fast as it can and says each one on stdout after it was
 * acknowledged, until it is killed. Arguments: data folder, keychain folder, a name for this run.
 */
const [dataDir = '', keychainDir = '', run = ''] = process.argv.slice(2);
const { clusters, vault } = await openDesk(dataDir, { protectors: [fileKeychain(keychainDir)] });
const acknowledge = (what: object) => writeSync(1, `${JSON.stringify(what)}\n`);

acknowledge({ ready: true });
for (let n = 0; ; n += 1) {
  const clusterId = `${run}-${n}`;
  const made = await clusters.create(
    cluster(clusterId, { secret: `first ${clusterId}`, isDefault: n % 3 === 0 }),
  );
  acknowledge({ clusterId, secret: `first ${clusterId}` });
  const endpoints = [...made.endpoints, { host: 'second.example', port: 8006, pin: null }];
  const secret = `second ${clusterId}`;
  await clusters.update({ uuid: made.uuid, changes: { endpoints, secret, isDefault: true } });
  acknowledge({ clusterId, secret });
  if (n % 4 === 1) {
    await clusters.remove(made.uuid);
    acknowledge({ clusterId, secret: null });
  }
  if (n % 5 === 2) await vault.change('keychain');
}
