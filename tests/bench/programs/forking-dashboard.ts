// The same answers the rival's way: each request forks the commands and reads what they print. They
// are `cat` of a file, which is faster than any real squeue.
import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { makeNodeCertificate } from '#agent/identity/certificate';
import { cpuMs, tell } from './messages';

const JOBS = 200;
const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'clusterdeck-bench-'));
const jobs = Array.from({ length: JOBS }, (_, n) => ({
  id: n,
  name: `train-${n}`,
  state: 'RUNNING',
}));
writeFileSync(join(folder, 'squeue'), JSON.stringify({ jobs }));
writeFileSync(join(folder, 'sinfo'), JSON.stringify({ nodes: jobs.slice(0, 5) }));

const { certPem, keyPem } = await makeNodeCertificate(
  generateKeyPairSync('ed25519'),
  ['localhost', '127.0.0.1'],
  Date.now(),
);
const server = createServer({ cert: certPem, key: keyPem }, async (_request, response) => {
  const printed = await Promise.all(
    ['squeue', 'sinfo'].map((name) => run('cat', [join(folder, name)])),
  );
  const [queue, info] = printed.map(({ stdout }) => JSON.parse(stdout));
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ queue, info }));
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  tell({ url: `https://127.0.0.1:${port}`, token: 'none' });
});
const since = process.cpuUsage();
process.on('message', () =>
  tell({ cpuMs: cpuMs(since), rssMiB: process.memoryUsage().rss / 2 ** 20 }),
);
process.on('disconnect', () => {
  rmSync(folder, { recursive: true, force: true });
  process.exit(0);
});
