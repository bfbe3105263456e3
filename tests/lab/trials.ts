import type { Command } from 'commander';
import { runFaults } from '#tests/lab/faults/all';
import { tableOf } from '#tests/lab/faults/table';
import { LoadedCluster, type Procedure } from '#tests/lab/load/cluster';
import { record } from '#tests/lab/load/record';
import { soak } from '#tests/lab/load/soak';
import { runMergeFaults } from '#tests/lab/merge/fault-run';
import { recordMerge } from '#tests/lab/merge/record';

const PROCEDURES = ['A', 'B'] as const;
const say = (line: string) => void process.stdout.write(`${line}\n`);
const tell = (line: string) => void process.stderr.write(`${line}\n`);
const seconds = (ms: number) => `${(ms / 1000).toFixed(2)} s`;

/**
 * Adds what tries the handoff on clusters of its own, with jobs running.
 * @param prepare installs and builds what the hosts need; false where that failed
 * @param ends takes the exit code: 0 where all was as it must be
 */
export function addTrials(
  program: Command,
  prepare: () => Promise<boolean>,
  ends: (code: number) => void,
): void {
  const trial = (name: string, description: string) =>
    program
      .command(name)
      .description(description)
      .option('--procedure <A|B>', 'with a shared folder (A) or without (B); default: both');

  const run = async (procedure: string | undefined, work: (one: Procedure) => Promise<boolean>) => {
    const chosen = PROCEDURES.filter((one) => procedure === undefined || procedure === one);
    if (chosen.length === 0) {
      tell('There are the procedures A and B.');
      return ends(2);
    }
    if (!(await prepare())) return ends(1);
    let isGood = true;
    for (const one of chosen) isGood = (await work(one)) && isGood;
    ends(isGood ? 0 : 1);
  };

  const handoffFaults = (procedure: string | undefined, only: string) =>
    run(procedure, async (one) => {
      const outcomes = await runFaults(one, new RegExp(only, 'i'), (outcome) => {
        tell(`${one}  ${outcome.fault}: ${outcome.ending}. ${outcome.wrong.join('; ')}`);
      });
      say(`Procedure ${one}`);
      say(tableOf(outcomes));
      return outcomes.every(({ wrong }) => wrong.length === 0);
    });

  const mergeFaults = async (only: RegExp) => {
    if (!(await prepare())) return ends(1);
    const outcomes = await runMergeFaults(only, (outcome) =>
      tell(`${outcome.fault}: ${outcome.ending}. ${outcome.wrong.join('; ')}`),
    );
    say(tableOf(outcomes));
    ends(outcomes.every(({ wrong }) => wrong.length === 0) ? 0 : 1);
  };

  trial('faults', 'hand SLURM over on running jobs through every fault, and print a table')
    .option('--only <regex>', 'faults whose name matches', '.')
    .option('--kind <handoff|merge>', 'what is carried out', 'handoff')
    .action(({ procedure, only, kind }: { procedure?: string; only: string; kind: string }) =>
      kind === 'merge' ? mergeFaults(new RegExp(only, 'i')) : handoffFaults(procedure, only),
    );
  trial('soak', 'hand SLURM over back and forth under load, and count the jobs')
    .option('--rounds <n>', 'how many handoffs', '50')
    .action(({ procedure, rounds }: { procedure?: string; rounds: string }) =>
      run(procedure, async (one) => {
        const cluster = await LoadedCluster.start(one);
        try {
          const { handed, found, wrong } = await soak(cluster, Number(rounds), (round, last) =>
            tell(`${one}  ${round}: ${seconds(last.tookMs)}, longest wait ${seconds(last.gapMs)}`),
          );
          const longest = Math.max(...handed.map(({ gapMs }) => gapMs));
          say(
            `Procedure ${one}: ${handed.length} handoffs, ${found.submitted} jobs, longest wait ${seconds(longest)}. ` +
              (wrong.length === 0 ? 'Each job ran exactly once.' : wrong.join('; ')),
          );
          return wrong.length === 0;
        } finally {
          await cluster.lab.down();
        }
      }),
    );

  program
    .command('record-merge')
    .description('merge two clusters with jobs on both, take it back, and print what happened')
    .action(async () => {
      if (!(await prepare())) return ends(1);
      const { isClean } = await recordMerge(say);
      ends(isClean ? 0 : 1);
    });

  trial('record-handoff', 'hand SLURM over once on running jobs and print what happened').action(
    ({ procedure }: { procedure?: string }) =>
      run(procedure, async (one) => (await record(one, say)).isClean),
  );
}
