import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { z } from 'zod';
import { amount, type BenchRow } from './row';

const PER_SECOND = 200;
const SECONDS = 15;
/** it falls behind at once, and what waits must still be answered */
const RIVAL_SECONDS = 4;
const P99_BUDGET_MS = 5;
const PATHS = ['status', 'nodes', 'leaders', 'services', 'cluster', 'jobs', 'overview'];

const started = z.object({ url: z.string(), token: z.string() });
const usage = z.object({ cpuMs: z.number(), rssMiB: z.number() });

interface Load {
  /** ms from asking to the last byte, sorted */
  latencies: number[];
  failed: number;
  cpuMsPerRequest: number;
}

async function heard<T>(child: ChildProcess, schema: z.ZodType<T>): Promise<T> {
  const [message] = await once(child, 'message');
  return schema.parse(message);
}

async function used(child: ChildProcess) {
  child.send('usage');
  return heard(child, usage);
}

/** Asks at a steady pace, whether or not the answers before came in: a slow one delays none. */
async function load(program: string, seconds: number): Promise<Load> {
  const child = fork(join(import.meta.dirname, 'programs', `${program}.js`), [], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const { url, token } = await heard(child, started);
  const dispatcher = new Agent({ connections: 16, connect: { rejectUnauthorized: false } });
  const headers = { authorization: `Bearer ${token}` };
  let failed = 0;
  const ask = async (n: number) => {
    const askedAt = performance.now();
    const path = PATHS[n % PATHS.length];
    const answer = await request(`${url}/api/v1/${path}`, { headers, dispatcher });
    await answer.body.dump({ limit: 16 * 1024 ** 2 });
    if (answer.statusCode !== 200) failed += 1;
    return performance.now() - askedAt;
  };
  // connections, code and caches as a long-running agent has them
  await Promise.all(Array.from({ length: 200 }, (_, n) => ask(n)));
  failed = 0;
  const before = await used(child);
  const begun = performance.now();
  const asked: Promise<number>[] = [];
  for (let n = 0; n < PER_SECOND * seconds; n += 1) {
    const dueMs = begun + (n * 1000) / PER_SECOND;
    const early = dueMs - performance.now();
    if (early > 0) await sleep(early);
    asked.push(ask(n));
  }
  const latencies = (await Promise.all(asked)).toSorted((a, b) => a - b);
  const after = await used(child);
  await dispatcher.destroy();
  child.disconnect();
  await once(child, 'exit');
  return { latencies, failed, cpuMsPerRequest: (after.cpuMs - before.cpuMs) / latencies.length };
}

const quantile = (sorted: readonly number[], part: number) =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;

function told({ latencies, failed, cpuMsPerRequest }: Load): string {
  const p99 = amount(quantile(latencies, 0.99), 'ms');
  const p50 = amount(quantile(latencies, 0.5), 'ms');
  const cpu = amount(cpuMsPerRequest, 'ms');
  return `p99 ${p99}, p50 ${p50}, ${cpu} CPU each${failed > 0 ? `, ${failed} FAILED` : ''}`;
}

export async function bench(): Promise<BenchRow[]> {
  const ours = await load('dashboard', SECONDS);
  const rival = await load('forking-dashboard', RIVAL_SECONDS);
  const p99 = quantile(ours.latencies, 0.99);
  return [
    {
      what: `dashboard API of 5 hosts over TLS, ${PER_SECOND} requests/s for ${SECONDS} s`,
      budget: `p99 < ${P99_BUDGET_MS} ms`,
      ours: told(ours),
      rival: `${told(rival)} (forks twice per request)`,
      ratio: quantile(rival.latencies, 0.99) / p99,
      within: p99 < P99_BUDGET_MS && ours.failed === 0,
    },
  ];
}
