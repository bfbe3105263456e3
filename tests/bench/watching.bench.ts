import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import type { LabCard } from '#electron/demo/lab-options';
import {
  coldStart,
  measuring,
  type Order,
  requestCount,
  type Watched,
  watched,
} from './programs/messages';
import { amount, type BenchRow, median } from './row';

const CLUSTERS = 50;
const GUESTS = 300;
const ROUNDS = 3;
const COLD_STARTS = 3;
/** as the scripts in package.json start the hosts: a desk keeps little garbage, not much speed */
const HOST_FLAGS = ['--max-semi-space-size=8'];
const SIZE = `${CLUSTERS} clusters x ${GUESTS} guests`;

function start(program: string, args: string[] = []): ChildProcess {
  return fork(join(import.meta.dirname, 'programs', `${program}.js`), args, {
    serialization: 'advanced',
    execArgv: HOST_FLAGS,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
}

/** What a program says next; fails when it ends without a word. */
async function heard<Message>(child: ChildProcess, schema: z.ZodType<Message>): Promise<Message> {
  const end = new AbortController();
  const gone = once(child, 'exit', { signal: end.signal }).then(() => {
    throw new Error('A program of the bench ended early');
  });
  try {
    const [message] = await Promise.race([once(child, 'message', { signal: end.signal }), gone]);
    return schema.parse(message);
  } finally {
    end.abort();
    gone.catch(() => undefined);
  }
}

class Lab {
  readonly #process: ChildProcess;
  readonly cards: LabCard[];

  private constructor(process: ChildProcess, cards: LabCard[]) {
    this.#process = process;
    this.cards = cards;
  }

  static async open(): Promise<Lab> {
    const child = start('lab', [String(CLUSTERS), '3', String(GUESTS)]);
    return new Lab(child, await heard(child, z.array(z.custom<LabCard>())));
  }

  async requests(message: 'reset' | 'count'): Promise<number> {
    this.#process.send(message);
    return (await heard(this.#process, requestCount)).requests;
  }

  async close(): Promise<void> {
    const ended = once(this.#process, 'exit');
    this.#process.disconnect();
    await ended;
  }
}

/** Runs one way of watching; requests are counted while it measures. */
async function watch(program: string, lab: Lab, dataDir: string) {
  const child = start(program);
  const order: Order = { cards: lab.cards, rounds: ROUNDS, dataDir };
  child.send(order);
  await heard(child, measuring);
  await lab.requests('reset');
  const result = await heard(child, watched);
  const requests = await lab.requests('count');
  await once(child, 'exit');
  return { ...result, perRefresh: requests / ROUNDS / CLUSTERS };
}

async function coldStarts(mode: 'store' | 'network', dataDir: string) {
  const times: number[] = [];
  let guests = 0;
  for (let round = 0; round < COLD_STARTS; round += 1) {
    const child = start('cold', [mode, String(Date.now())]);
    const order: Order = { cards: [], rounds: 0, dataDir };
    child.send(order);
    const result = await heard(child, coldStart);
    await once(child, 'exit');
    times.push(result.ms);
    guests = result.guests;
  }
  return { ms: median(times), guests };
}

const cpuOf = ({ refreshes }: Watched) => median(refreshes.map(({ cpuMs }) => cpuMs));
const rowsOf = ({ refreshes }: Watched) => median(refreshes.map(({ rows }) => rows));

/** Rows 1 to 3 of the budgets: refreshing, memory, and the start. */
export async function bench(): Promise<BenchRow[]> {
  const dataDir = mkdtempSync(join(tmpdir(), 'clusterdeck-bench-'));
  const lab = await Lab.open();
  try {
    const ours = await watch('deck', lab, dataDir);
    const rival = await watch('rival', lab, dataDir);
    const stored = await coldStarts('store', dataDir);
    const network = await coldStarts('network', dataDir);
    return [
      {
        what: `refresh of ${SIZE}: requests a cluster`,
        budget: '1',
        ours: ours.perRefresh.toFixed(1),
        rival: rival.perRefresh.toFixed(1),
        ratio: rival.perRefresh / ours.perRefresh,
        // a poll on the border of the measured time may fall to either side
        within: ours.perRefresh <= 1.05,
      },
      {
        what: `refresh of ${SIZE}: CPU of the core`,
        budget: '< 400 ms',
        ours: amount(cpuOf(ours), 'ms'),
        rival: amount(cpuOf(rival), 'ms'),
        ratio: cpuOf(rival) / cpuOf(ours),
        within: cpuOf(ours) < 400,
      },
      {
        what: `refresh of ${SIZE}: guest rows to the screen`,
        budget: 'only changed ones',
        ours: String(rowsOf(ours)),
        rival: String(rowsOf(rival)),
        ratio: rowsOf(rival) / rowsOf(ours),
        within: rowsOf(ours) < CLUSTERS * GUESTS,
      },
      {
        what: `core memory with ${SIZE}`,
        budget: '< 250 MB',
        ours: amount(ours.rssMiB * 1.048576, 'MB'),
        rival: amount(rival.rssMiB * 1.048576, 'MB'),
        ratio: rival.rssMiB / ours.rssMiB,
        within: ours.rssMiB * 1.048576 < 250,
      },
      {
        what: `cold start to ${stored.guests} guests on cards (core)`,
        budget: '< 1.0 s',
        ours: amount(stored.ms / 1000, 's'),
        rival: `${amount(network.ms / 1000, 's')} (from the network)`,
        ratio: network.ms / stored.ms,
        within: stored.ms < 1000,
      },
    ];
  } finally {
    await lab.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
}
