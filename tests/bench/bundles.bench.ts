import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRouterClient } from '@orpc/server';
import { composeCore } from '#electron/core/compose';
import { document, entry, openFile } from '#tests/support/bundles';
import { benchPorts } from './programs/ports';
import { amount, type BenchRow, median } from './row';

const CLUSTERS = 1000;
const RUNS = 7;

const bundle = (priority: (index: number) => number) => {
  const ids = Array.from({ length: CLUSTERS }, (_, index) => `lab-${index}`);
  return document(
    ids.map((id, index) => entry(id, { priority: priority(index), description: `Room ${index}` })),
    { secrets: Object.fromEntries(ids.map((id) => [id, `pw-of-${id}`])) },
  );
};

/** A look into a bundle of a thousand clusters on a deck of a thousand, half of which differ. */
export async function bench(): Promise<BenchRow[]> {
  const dataDir = mkdtempSync(join(tmpdir(), 'clusterdeck-bench-'));
  const ports = benchPorts(dataDir);
  const core = await composeCore(ports);
  try {
    const client = createRouterClient(core.router, { context: { logger: ports.logger } });
    const first = await openFile(
      client,
      bundle(() => 50),
    );
    const only = first.entries.map(({ key }) => key);
    const importing = performance.now();
    await client.bundles.apply({ token: first.token, only });
    const importMs = performance.now() - importing;

    const other = bundle((index) => (index % 2 === 0 ? 50 : 60));
    const times: number[] = [];
    for (let run = 0; run < RUNS; run += 1) {
      const from = performance.now();
      const { entries } = await openFile(client, other);
      times.push(performance.now() - from);
      const changed = entries.filter(({ verdict }) => verdict === 'changed').length;
      if (changed !== CLUSTERS / 2) throw new Error(`${changed} of the entries differ`);
    }
    const previewMs = median(times);

    // a tool without a preview writes everything again to know that all is well
    const clusters = await client.clusters.list();
    const writing = performance.now();
    for (const [index, { uuid }] of clusters.entries()) {
      const changes = { description: `Room ${index}.`, secret: `pw-of-${index}` };
      await client.clusters.update({ uuid, changes });
    }
    const rivalMs = performance.now() - writing;
    return [
      {
        what: 'preview of a bundle of 1,000 clusters on a deck of 1,000, after decryption',
        budget: '< 1 s',
        ours: amount(previewMs, 'ms'),
        rival: `${amount(rivalMs, 'ms')} (writing all again)`,
        ratio: rivalMs / previewMs,
        within: previewMs < 1000,
      },
      {
        what: 'import of 1,000 clusters with secrets, in one transaction',
        budget: 'none',
        ours: amount(importMs, 'ms'),
        rival: `${amount(rivalMs, 'ms')} (one after another)`,
        ratio: rivalMs / importMs,
        within: true,
      },
    ];
  } finally {
    await core.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
}
